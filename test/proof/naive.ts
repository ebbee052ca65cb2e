import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * The second account: reads a generated dump with a parser of its own and works out with plain fractions what it
 * must come to. It shares no code with Bursar, and knows just the dumps and the prices of the proof.
 */
export type NaiveJob = { readonly account: string; readonly period: string; readonly lines: readonly NaiveLine[] }
export type NaiveLine = { readonly component: string; readonly quantity: bigint; readonly nanos: bigint }

/** The month of a moment at the site, whose clock is seven hours ahead of the dump's all year. */
export const siteZone = 'Asia/Bangkok'
const siteOffset = 7 * 3_600_000

const cores = { upTo: 720_000n, first: 10n, above: 7n } // tenths of a baht an hour
const freeStates = new Set(['NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'])
const unitOf: Readonly<Record<string, bigint>> = { K: 1024n, M: 1024n ** 2n, G: 1024n ** 3n, T: 1024n ** 4n }

/** top / bottom in nanos, to the nearest; halves to the even one. */
function inNanos(top: bigint, bottom: bigint): bigint {
  const scaled = top * 1_000_000_000n
  const down = scaled / bottom
  const rest = (scaled - down * bottom) * 2n
  if (rest > bottom || (rest === bottom && down % 2n === 1n)) return down + 1n
  return down
}

/** `187.5G` as a fraction of bytes. */
function bytesIn(text: string): { top: bigint; bottom: bigint } {
  const unit = unitOf[text.slice(-1)]
  const [whole = '', part = ''] = (unit === undefined ? text : text.slice(0, -1)).split('.')
  return { top: BigInt(whole + part) * (unit ?? 1n), bottom: 10n ** BigInt(part.length) }
}

export class NaiveBooks {
  /** By cluster, job and submission: what stands of each. */
  readonly jobs = new Map<string, NaiveJob>()
  #columns: readonly string[] = []
  lines = 0

  /** Of a job told twice the later telling stands. Steps and jobs that have not ended cost nothing. */
  take(line: string): void {
    const cells = line.split('|')
    if (cells[0] === 'JobIDRaw') {
      this.#columns = cells
      return
    }
    this.lines += 1
    const cell = (name: string) => cells[this.#columns.indexOf(name)] as string
    const id = cell('JobIDRaw')
    if (id.includes('.')) return
    const submitted = Date.parse(`${cell('Submit')}Z`) / 1000
    const key = `${cell('Cluster')}/${id}/${submitted}`
    if (cell('State') === 'RUNNING') {
      if (!this.jobs.has(key)) this.jobs.set(key, { account: cell('Account'), period: '', lines: [] })
      return
    }
    const period = `${new Date(Date.parse(`${cell('End')}Z`) + siteOffset).toISOString().slice(0, 7)}-01`
    const lines = freeStates.has(cell('State')) ? [] : linesOf(cell('AllocTRES'), BigInt(cell('ElapsedRaw')))
    this.jobs.set(key, { account: cell('Account'), period, lines })
  }

  async readFile(path: string): Promise<this> {
    for await (const line of createInterface({ input: createReadStream(path) })) if (line !== '') this.take(line)
    return this
  }
}

function linesOf(tres: string, seconds: bigint): NaiveLine[] {
  const given = new Map(tres.split(',').map((entry) => entry.split('=') as [string, string]))
  const cpuSeconds = BigInt(given.get('cpu') as string) * seconds
  const gpuSeconds = BigInt(given.get('gres/gpu') ?? '0') * seconds
  const memory = bytesIn(given.get('mem') as string)
  const memoryNanos = inNanos(memory.top * seconds * 5n, memory.bottom * 1024n ** 3n * 36_000n)
  return [
    { component: 'cpu', quantity: cpuSeconds, nanos: inNanos(cpuSeconds * cores.first, 36_000n) },
    { component: 'gpu', quantity: gpuSeconds, nanos: inNanos(gpuSeconds * 5n, 3600n) },
    { component: 'memory', quantity: 0n, nanos: memoryNanos },
  ].filter(({ nanos }) => nanos !== 0n)
}

/** What the tiers of a month make of all of a project's core-seconds. */
function dueForCores(quantity: bigint): bigint {
  const below = quantity < cores.upTo ? quantity : cores.upTo
  return inNanos(below * cores.first + (quantity - below) * cores.above, 36_000n)
}

export type Sums = {
  readonly nanos: bigint
  readonly lines: number
  /** `account period`, in nanos, tiers of the month included. */
  readonly places: ReadonlyMap<string, bigint>
  readonly byAccount: ReadonlyMap<string, bigint>
}

/** What everything comes to: by project and month, and in all. */
export function sumsOf(books: NaiveBooks): Sums {
  const places = new Map<string, { nanos: bigint; cores: bigint; charged: bigint }>()
  let lines = 0
  for (const job of books.jobs.values()) {
    const key = `${job.account} ${job.period}`
    for (const { component, quantity, nanos } of job.lines) {
      const place = places.get(key) ?? { nanos: 0n, cores: 0n, charged: 0n }
      places.set(key, place)
      place.nanos += nanos
      lines += 1
      if (component !== 'cpu') continue
      place.cores += quantity
      place.charged += nanos
    }
  }
  const sums = new Map<string, bigint>()
  const byAccount = new Map<string, bigint>()
  let all = 0n
  for (const [key, place] of places) {
    const nanos = place.nanos + dueForCores(place.cores) - place.charged
    const account = key.split(' ')[0] as string
    sums.set(key, nanos)
    byAccount.set(account, (byAccount.get(account) ?? 0n) + nanos)
    all += nanos
  }
  return { nanos: all, lines, places: sums, byAccount }
}
