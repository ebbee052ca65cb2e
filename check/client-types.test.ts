import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { clientTypes, writtenTypes } from './client-types.ts'

test('the types of the client are those of the contracts: npm run client-types', () => {
  assert.equal(writtenTypes(), clientTypes())
})
