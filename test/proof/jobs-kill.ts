import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { newKey } from '../../src/access/testing.ts'
import { begin, type Environment, type Running } from '../bursar.ts'
import { type Acknowledged, JobsLoad } from './jobs-load.ts'
import { LaneSite } from './lane-site.ts'
import { failPoints } from './lane-kill.ts'
import { randomFrom } from './random.ts'
import { grouped, type Say } from './telling.ts'

type Plan = { readonly kills: number; readonly servers: number; readonly clients: number; readonly seed: number }
type Server = { readonly running: Running; readonly url: string }

/**
 * Servers of one site, killed one after the other under a load of jobs, at a fail-point or at a moment that chance
 * chose. What was acknowledged is there once, every job that told its end is settled, and the books are proved.
 */
export async function killUnderJobs({ kills, servers: count, clients, seed }: Plan, say: Say): Promise<string> {
  const site = await LaneSite.open()
  const servers: Server[] = []
  try {
    const key = await site.at(({ house }) => newKey(house))
    const environment = { BURSAR_DATA: site.where.data, DATABASE_URL: site.where.url ?? '' }
    for (let n = 0; n < count; n++) servers.push(await serving(environment))
    const load = new JobsLoad(() => servers.map(({ url }) => url), key)
    const running = load.run(await load.prepare(5), clients, seed)
    // Nobody awaits it before the end.
    running.catch(() => {})
    const random = randomFrom(seed)
    for (let kill = 0; kill < kills; kill++) {
      const place = kill % count
      const point = [...failPoints, undefined][random(failPoints.length + 1)]
      await sleep(300 + random(1200))
      const { running: victim } = servers[place] as Server
      victim.child.kill('SIGKILL')
      await victim.ended
      // The next one may kill itself before it is killed.
      const own = point && kill + 1 < kills ? { BURSAR_FAIL_POINT: point, BURSAR_FAIL_POINT_AFTER: '40' } : {}
      servers[place] = await serving({ ...environment, ...own })
      say(`  ${kill + 1}: killed, ${grouped(load.acknowledged.jobs.size)} jobs acknowledged so far`)
    }
    for (const place of goneOf(servers)) servers[place] = await serving(environment)
    await sleep(500)
    load.stop()
    await running
    await stopAll(servers)
    const { jobs, events } = load.acknowledged
    assert.ok(jobs.size > kills && events.size > kills)
    await site.at(({ house }) => compare(house.database.pool, load.acknowledged))
    await site.verify()
    return `${kills} kills of ${count} servers; ${grouped(jobs.size)} jobs and ${grouped(events.size)} events, each there once`
  } finally {
    for (const { running } of servers) if (running.child.exitCode === null) running.child.kill('SIGKILL')
    await site.remove()
  }
}

async function serving(environment: Environment): Promise<Server> {
  const running = begin(['serve', '--port', '0', '--json'], environment)
  const { url } = JSON.parse(`{${await running.said(/"url":"[^"]+"/)}}`) as { url: string }
  return { running, url }
}

/** Those that killed themselves. */
const goneOf = (servers: readonly Server[]): number[] =>
  servers.flatMap(({ running: { child } }, place) =>
    child.exitCode === null && child.signalCode === null ? [] : [place],
  )

async function stopAll(servers: readonly Server[]): Promise<void> {
  for (const { running } of servers) {
    running.child.kill('SIGTERM')
    const { code, err } = await running.ended
    assert.equal(code, 0, err)
  }
}

/** Each is there once; and of jobs that told their end, nothing is held. */
async function compare(pool: Pool, { jobs, events }: Acknowledged): Promise<void> {
  const found = await pool.query<{ id: string; finished: boolean }>(
    `select id, finished_at is not null as finished from jobs.jobs`,
  )
  const ids = new Set(found.rows.map(({ id }) => id))
  assert.equal(ids.size, found.rows.length, 'no job is there twice')
  for (const id of jobs) assert.ok(ids.has(id), `job ${id} was acknowledged`)
  const told = await pool.query<{ event: string }>(
    `select job || ' ' || kind || ' ' || extract(epoch from at)::bigint as event from jobs.events`,
  )
  const kept = new Set(told.rows.map(({ event }) => event))
  assert.equal(kept.size, told.rows.length, 'no event is there twice')
  for (const event of events) assert.ok(kept.has(event), `${event} was acknowledged`)
  const { rows } = await pool.query<{ held: string }>(
    `select coalesce(sum(h.held), 0)::text as held
       from jobs.jobs j join credits.holds h on h.reservation = any (j.reservations) where j.finished_at is not null`,
  )
  assert.equal(Number(rows[0]?.held), 0)
}
