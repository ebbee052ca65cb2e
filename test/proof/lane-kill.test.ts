import { test } from 'node:test'
import { killAtCounter, killPostgresAt, killUnderCounter, opposite } from './lane-kill.ts'
import { seedOfRun as seed } from './random.ts'

const quiet = () => {}

test(`after kill -9 at fail-points of the lane and under load, what was acknowledged is there once (seed ${seed})`, async (t) => {
  t.diagnostic(await killAtCounter({ kills: 3, seed }, quiet))
})

test(`PostgreSQL killed under a load comes back, and what was acknowledged is there once (seed ${seed})`, async (t) => {
  t.diagnostic(await killUnderCounter({ kills: 1, seed }, quiet))
})

test(`PostgreSQL killed while a batch stands at a fail-point takes nothing that was acknowledged (seed ${seed})`, async (t) => {
  t.diagnostic(await killPostgresAt({ kills: 1, seed }, quiet))
})

test(`two processes that name overlapping wallets in opposite orders hear of no deadlock (seed ${seed})`, async (t) => {
  t.diagnostic(await opposite({ seconds: 2, seed }))
})
