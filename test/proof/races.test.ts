import { test } from 'node:test'
import { raceExpiry } from './races.ts'
import { seedOfRun as seed } from './random.ts'

test(`a hold that is settled while its time passes ends once, and is charged once (seed ${seed})`, async (t) => {
  t.diagnostic(await raceExpiry({ races: 150, seed }))
})
