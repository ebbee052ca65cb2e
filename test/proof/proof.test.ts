import { test } from 'node:test'
import { killBesideServe, killWhileIngesting } from './kill.ts'
import { anyOrder, correctionsInAnyOrder } from './order.ts'
import { seedOfRun as seed } from './random.ts'

/** The proof in short; `npm run proof` is the whole of it. */
const quiet = () => {}

test(`after kill -9 of Bursar and of PostgreSQL, twice each, the books are as if it had not been (seed ${seed})`, async (t) => {
  t.diagnostic(await killWhileIngesting(['bursar', 'postgres'], { jobs: 6000, kills: 4, seed }, quiet))
})

test(`who is killed beside serve, or serve itself, takes nothing from the other (seed ${seed})`, async (t) => {
  t.diagnostic(await killBesideServe({ jobs: 4000, kills: 1, seed }, quiet))
})

test(`torn into lines and told by two processes at once, a dump comes to the same (seed ${seed})`, async (t) => {
  const ways = ['torn lines from two processes at once']
  t.diagnostic(await anyOrder({ jobs: 2000, seed, ways }, quiet))
})

test(`corrections that come before and beside their originals come to the same (seed ${seed})`, async (t) => {
  const ways = ['the correction before the original, beside what came earlier']
  t.diagnostic(await correctionsInAnyOrder({ jobs: 2000, seed, ways }, quiet))
})
