import { randomUUID } from 'node:crypto'
import { seconds, withDirectory } from './books.ts'
import { tenths } from './callers.ts'
import { closedLoop, type Loaded } from './closed-loop.ts'
import { headOf } from './load.ts'
import { furnish, holdBody } from './prepaid.ts'
import type { BenchResult } from './result.ts'
import { rowLocking } from './row-locking.ts'
import { serveBursar, serveEmpty, type Serving, stopped } from './serving.ts'

const connections = 64
const path = '/api/v1/reservations'

/**
 * A real server in a process of its own: an API key, a price looked up, a hold on one wallet for each request. Beside it
 * the same server with a door that does nothing, and a row-locking transaction for each hold without any HTTP.
 */
export async function httpBench(): Promise<BenchResult> {
  const [rates, verdict] = await withDirectory(async (directory, houseOf) => {
    await furnish(directory)
    const server = await serveBursar(directory)
    const holds = await stopped(server, loaded(server, server.key))
    const empty = await serveEmpty(directory)
    const nothing = await stopped(empty, loaded(empty, server.key))
    const locking = await houseOf((house) => rowLocking(house, connections, seconds(5)))
    return { holds, nothing, locking }
  })
  const { holds, nothing, locking } = rates
  const ratioToEmptyRoute = hundredths(holds.perSecond / nothing.perSecond)
  const ratioToRowLocking = tenths(holds.perSecond / locking.perSecond)
  const shown = ({ perSecond, p50Ms, p99Ms }: Loaded) =>
    `${perSecond.toLocaleString('en')}/s  p50 ${p50Ms} ms  p99 ${p99Ms} ms`
  return {
    metrics: {
      reservationsPerSecond: holds.perSecond,
      p99Ms: holds.p99Ms,
      emptyRoutePerSecond: nothing.perSecond,
      ratioToEmptyRoute,
      rowLockingPerSecond: locking.perSecond,
      ratioToRowLocking,
    },
    lines: [
      `${connections} connections, one wallet, priced and authenticated; server, PostgreSQL and load on one machine`,
      `  reservations                    ${shown(holds)}`,
      `  an authenticated empty route    ${shown(nothing)}: ratio ${ratioToEmptyRoute}`,
      `  a row-locking transaction each  ${shown(locking)}, without HTTP: ratio ${ratioToRowLocking}`,
      ...verdict,
    ],
  }
}

const hundredths = (value: number) => Math.round(value * 100) / 100

/** A hold from each connection as soon as it was answered. */
function loaded({ url }: Serving, key: string): Promise<Loaded> {
  const head = headOf(url, path, key)
  return closedLoop(url, connections, seconds(10), async (connection) => {
    const { status, body } = await connection.ask(head, randomUUID(), holdBody)
    if (status !== 201) throw new Error(`${status}: ${body}`)
  })
}
