import { randomUUID } from 'node:crypto'
import { seconds, withDirectory } from './books.ts'
import { tenths } from './callers.ts'
import { type Answer, Connection, headOf } from './load.ts'
import { furnish, holdBody, settleBody } from './prepaid.ts'
import type { BenchResult } from './result.ts'
import { residentMiB, serveBursar, type Serving, stopped } from './serving.ts'

const perSecond = 1_000
const connections = 64
const path = '/api/v1/reservations'

/**
 * A thousand holds and settlings a second over HTTP, for ten minutes: does memory grow, does anybody wait? A lifecycle
 * that finds every connection busy waits for one, and that is part of its time.
 */
export async function soakBench(): Promise<BenchResult> {
  const [{ soaked, mib }, verdict] = await withDirectory(async (directory) => {
    await furnish(directory)
    const server = await serveBursar(directory)
    const mib: number[] = []
    const watch = setInterval(() => mib.push(residentMiB(server.pid)), 1000)
    const soaked = await stopped(server, soak(server, seconds(600)))
    clearInterval(watch)
    return { soaked, mib: mib.slice(0, -1) }
  })
  // The first tenth warms up.
  const steady = mib.slice(Math.ceil(mib.length / 10))
  const metrics = {
    lifecyclesPerSecond: soaked.perSecond,
    p50Ms: soaked.p50Ms,
    p99Ms: soaked.p99Ms,
    refusedForLoad: soaked.refused,
    startMiB: Math.round(steady[0] ?? 0),
    endMiB: Math.round(steady.at(-1) ?? 0),
    peakMiB: Math.round(Math.max(0, ...mib)),
    slopeMiBPerMinute: tenths(slopeOf(steady) * 60),
  }
  return {
    metrics,
    lines: [
      `${soaked.count} lifecycles over HTTP at ${metrics.lifecyclesPerSecond}/s: hold and settle together p50 ` +
        `${metrics.p50Ms} ms, p99 ${metrics.p99Ms} ms; ${metrics.refusedForLoad} refused for load and asked again`,
      `memory of the server: ${metrics.startMiB} MiB, in the end ${metrics.endMiB} MiB, at most ${metrics.peakMiB} MiB; ` +
        `slope ${metrics.slopeMiBPerMinute} MiB a minute`,
      ...verdict,
    ],
  }
}

async function soak({ url, key }: Serving, length: number) {
  const idle = Array.from({ length: connections }, () => new Connection(url))
  const waiting: number[] = []
  const waits: number[] = []
  const total = Math.round(length * perSecond)
  let failure: unknown
  let refused = 0
  const live = async (connection: Connection, due: number) => {
    const held = await patiently(() => connection.ask(headOf(url, path, key), randomUUID(), holdBody))
    const { id } = JSON.parse(held.body) as { id: string }
    await patiently(() => connection.ask(headOf(url, `${path}/${id}/settle`, key), randomUUID(), settleBody))
    waits.push(performance.now() - due)
    const next = waiting.shift()
    if (next === undefined) idle.push(connection)
    else run(connection, next)
  }
  /** Who is told that there is too much to do asks again a little later, and is counted. */
  const patiently = async (ask: () => Promise<Answer>): Promise<Answer> => {
    for (;;) {
      const answer = await ask()
      if (answer.status < 300) return answer
      if (answer.status !== 503) throw new Error(`${answer.status}: ${answer.body}`)
      refused += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const run = (connection: Connection, due: number) => void live(connection, due).catch((error) => (failure = error))
  const began = performance.now()
  for (let sent = 0; sent < total || waits.length < total; ) {
    if (failure) throw failure
    const owed = Math.min(total, Math.floor(((performance.now() - began) * perSecond) / 1000))
    for (; sent < owed; sent += 1) {
      const due = began + (sent * 1000) / perSecond
      const connection = idle.pop()
      if (connection) run(connection, due)
      else waiting.push(due)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const elapsed = (performance.now() - began) / 1000
  for (const connection of idle) connection.close()
  waits.sort((a, b) => a - b)
  const quantile = (part: number) => tenths(waits[Math.floor(waits.length * part)] ?? 0)
  return { count: total, refused, perSecond: Math.round(total / elapsed), p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

/** The line through values one second apart that fits best: how much they rise each second. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let above = 0
  let below = 0
  for (const [place, value] of values.entries()) {
    above += (place - middle) * (value - mean)
    below += (place - middle) ** 2
  }
  return below === 0 ? 0 : above / below
}
