import { test } from 'node:test'
import { killBesideServe, killWhileIngesting } from './kill.ts'
import { twice } from './million.ts'
import { anyOrder, correctionsInAnyOrder } from './order.ts'
import { seedOfRun as seed } from './random.ts'

/** The proof in short; `npm run proof` is the whole of it. */
const plan = { jobs: 4000, kills: 2, seed }

test(`after kill -9 of Bursar, twice, the books are as if it had not been (seed ${seed})`, async (t) => {
  t.diagnostic(await killWhileIngesting('bursar', plan, () => {}))
})

test(`after kill -9 of PostgreSQL, twice, the books are as if it had not been (seed ${seed})`, async (t) => {
  t.diagnostic(await killWhileIngesting('postgres', plan, () => {}))
})

test(`who is killed beside serve, or serve itself, takes nothing from the other (seed ${seed})`, async (t) => {
  t.diagnostic(await killBesideServe({ ...plan, kills: 1 }, () => {}))
})

test(`torn into lines and told by two processes at once, a dump comes to the same (seed ${seed})`, async (t) => {
  const ways = ['torn lines from two processes at once']
  t.diagnostic(await anyOrder({ jobs: 2000, seed, ways }, () => {}))
})

test(`a correction that comes before its original comes to the same (seed ${seed})`, async (t) => {
  const ways = ['the original, then its correction', 'the correction before the original']
  t.diagnostic(await correctionsInAnyOrder({ jobs: 2000, seed, ways }, () => {}))
})

test(`a dump read twice is charged once (seed ${seed})`, async (t) => {
  t.diagnostic(await twice({ jobs: 2000, seed }, () => {}))
})
