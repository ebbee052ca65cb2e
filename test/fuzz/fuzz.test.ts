import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { seedOfRun } from '../proof/random.ts'
import { fuzz } from './fuzz.ts'

test('2,000 requests made from the OpenAPI document: every operation succeeds, nothing breaks, the books are proved', async () => {
  const fuzzed = await fuzz(2000, seedOfRun)
  const told = `PROOF_SEED=${seedOfRun}; ${JSON.stringify([...fuzzed.statuses])}`
  assert.deepEqual(fuzzed.broken, [], told)
  assert.deepEqual(fuzzed.unreached, [], told)
  assert.ok(fuzzed.validShare >= 0.3, `${fuzzed.validShare}; ${told}`)
  assert.deepEqual(fuzzed.unproved, [], told)
})
