import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { allows } from './roles.ts'

test('a service holds and settles, and gives no credits to anybody: neither new ones nor those of others', () => {
  for (const verb of ['hold', 'grow', 'extend', 'settle', 'release']) assert(allows('service', `credits.${verb}`), verb)
  for (const verb of ['grant', 'move', 'limit', 'budget', 'refund']) assert(!allows('service', `credits.${verb}`), verb)
})
