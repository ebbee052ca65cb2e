import { tenths } from './callers.ts'
import { Connection } from './load.ts'

export type Loaded = { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number }

/** Connections that each ask again as soon as they are answered; counted after a while of warming up. */
export async function closedLoop(
  url: URL,
  connections: number,
  lasts: number,
  ask: (connection: Connection, caller: number) => Promise<void>,
): Promise<Loaded> {
  const waits: number[] = []
  let over = false
  const caller = async (place: number) => {
    const connection = new Connection(url)
    while (!over) {
      const since = performance.now()
      await ask(connection, place)
      waits.push(performance.now() - since)
    }
    connection.close()
  }
  const all = Promise.all(Array.from({ length: connections }, (_, place) => caller(place)))
  const pause = (milliseconds: number) =>
    Promise.race([new Promise((resolve) => setTimeout(resolve, milliseconds)), all])
  await pause(2_000)
  waits.length = 0
  const began = performance.now()
  await pause(lasts * 1000)
  const elapsed = (performance.now() - began) / 1000
  const sorted = waits.slice().sort((a, b) => a - b)
  over = true
  await all
  const quantile = (part: number) => tenths(sorted[Math.floor(sorted.length * part)] ?? 0)
  return { perSecond: Math.round(sorted.length / elapsed), p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}
