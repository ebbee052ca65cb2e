import { test } from 'node:test'
import { killUnderJobs } from './jobs-kill.ts'
import { seedOfRun as seed } from './random.ts'

test(`after kill -9 of servers under a load of jobs, what was acknowledged is there once (seed ${seed})`, async (t) => {
  t.diagnostic(await killUnderJobs({ kills: 3, servers: 2, clients: 8, seed }, () => {}))
})
