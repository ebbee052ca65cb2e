import { test } from 'node:test'
import { audit } from './auditor.ts'
import { seedOfRun as seed } from './random.ts'

test(`through 5,000 steps of credits, a second account agrees to the last 1e-9 (seed ${seed})`, async (t) => {
  t.diagnostic(await audit({ steps: 5_000, seed }, () => {}))
})
