import { readFileSync } from 'node:fs'
import type { Pool } from 'pg'

export type Rate = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Microseconds of processor time for each: of this process, and of PostgreSQL's for its connections. */
  readonly nodeMicros: number
  readonly postgresMicros: number
}

/** Callers who each ask again as soon as they are answered; counted after two seconds of warming up. */
export async function rateOf(
  callers: number,
  seconds: number,
  pool: Pool,
  ask: (caller: number) => Promise<unknown>,
): Promise<Rate> {
  let done = 0
  let over = false
  const waits: number[] = []
  const call = async (caller: number) => {
    while (!over) {
      const since = performance.now()
      await ask(caller)
      done += 1
      // Every eighth will do.
      if ((done & 7) === 0) waits.push(performance.now() - since)
    }
  }
  const all = Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  await pause(2000)
  const before = { done, cpu: process.cpuUsage(), postgres: await postgresSeconds(pool), at: performance.now() }
  waits.length = 0
  await pause(seconds * 1000)
  const count = done - before.done
  const elapsed = (performance.now() - before.at) / 1000
  const { user, system } = process.cpuUsage(before.cpu)
  const postgres = (await postgresSeconds(pool)) - before.postgres
  over = true
  await all
  waits.sort((a, b) => a - b)
  const quantile = (part: number) => tenths(waits[Math.floor(waits.length * part)] ?? 0)
  return {
    perSecond: Math.round(count / elapsed),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    nodeMicros: tenths((user + system) / count),
    postgresMicros: tenths((postgres * 1e6) / count),
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
export const tenths = (value: number): number => Math.round(value * 10) / 10

/** Processor time that the server processes of this database have used, by the system's account; 0 where there is none. */
async function postgresSeconds(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database()`,
  )
  let ticks = 0
  for (const { pid } of rows) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It has ended, or there is no /proc.
    }
  }
  return ticks / 100
}

export const rateText = ({ perSecond, p50Ms, p99Ms, nodeMicros, postgresMicros }: Rate): string =>
  `${perSecond.toLocaleString('en')}/s  p50 ${p50Ms} ms  p99 ${p99Ms} ms  ` +
  `processor ${nodeMicros} µs Node, ${postgresMicros} µs PostgreSQL each`
