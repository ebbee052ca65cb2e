import { type Amount, narrow, parseMemory, plus } from './memory.ts'

/** One kind of thing that a job holds while it runs, as the meter that counts it. */
export type Held = { readonly meter: string; readonly amount: Amount }

/** What a job was given, in the alphabetical order of its meters. */
export type Allocation = {
  readonly held: readonly Held[]
  readonly cpus: number
  readonly nodes: number
  readonly hasMemory: boolean
  readonly energy: bigint | undefined
}

export type Entry = { readonly type: string; readonly name: string; readonly amount: Amount }

const order = (one: { meter: string }, other: { meter: string }) => (one.meter < other.meter ? -1 : 1)
const plain: Record<string, string> = {
  billing: 'billing_unit_seconds',
  cpu: 'cpu_core_seconds',
  mem: 'memory_byte_seconds',
  node: 'node_seconds',
}

/** `gpu:A100-SXM` makes the meter `gpu_a100_sxm_seconds`; cut so that the name of a meter stays within bounds. */
const meterOf = (family: string, name: string): string =>
  `${family}_${
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .slice(0, 46) || 'other'
  }_seconds`

/**
 * GPUs stand in a list twice: as `gres/gpu` and by type as `gres/gpu:a100`. They are the same GPUs and never added;
 * only where a site counts typed ones alone, their sum is the number of GPUs.
 */
export function allocationOf(entries: readonly Entry[]): Allocation {
  const held = new Map<string, Amount>()
  const add = (meter: string, amount: Amount) => {
    const known = held.get(meter)
    held.set(meter, known ? plus(known, amount) : amount)
  }
  let typed: Amount | undefined
  let energy: bigint | undefined
  for (const { type, name, amount } of entries) {
    const meter = plain[type]
    if (meter) add(meter, amount)
    else if (type === 'energy') energy = joules(BigInt(amount.whole))
    else if (type === 'gres' && name === 'gpu') add('gpu_seconds', amount)
    else if (type === 'gres' && name.startsWith('gpu:')) {
      add(meterOf('gpu', name.slice(4)), amount)
      typed = typed ? plus(typed, amount) : amount
    } else if (type === 'license') add(meterOf('licence', name), amount)
  }
  if (typed && !held.has('gpu_seconds')) held.set('gpu_seconds', typed)
  return {
    held: [...held].map(([meter, amount]) => ({ meter, amount })).sort(order),
    cpus: countIn(held.get('cpu_core_seconds')),
    nodes: countIn(held.get('node_seconds')),
    hasMemory: held.has('memory_byte_seconds'),
    energy,
  }
}

/** As a whole number, cut where Slurm shortened a large one to thousands and a fraction. */
const countIn = (amount: Amount = nothing): number => Number(BigInt(amount.whole) / 10n ** BigInt(amount.places))
const nothing: Amount = { whole: 0, places: 0 }

/** Nothing at all: the job never ran. */
const nothingHeld: Allocation = { held: [], cpus: 0, nodes: 0, hasMemory: false, energy: undefined }

/** A job that never ran used none of these; saying so keeps its record whole. */
export const neverRan: Allocation = {
  ...nothingHeld,
  held: Object.values(plain)
    .sort()
    .map((meter) => ({ meter, amount: { whole: 0, places: 0 } })),
}

/** Joules as Slurm says them; the values that mean "not measured" (NO_VAL, INFINITE) and zero are no measurement. */
export function joules(count: bigint): bigint | undefined {
  const unmeasured = count <= 0n || count >= 0xffff_ffff_ffff_fff0n || (count >= 0xffff_fff0n && count <= 0xffff_ffffn)
  return unmeasured ? undefined : count
}

/** The thing that a list names twice: nobody can say which of the two counts, and together they are too much. */
export function namedTwice(entries: readonly Entry[]): string | undefined {
  const seen = new Set<string>()
  for (const { type, name } of entries) {
    const key = name === '' ? type : `${type}/${name}`
    if (seen.has(key)) return key
    seen.add(key)
  }
  return undefined
}

/** Reads `billing=26,cpu=4,gres/gpu:a100=2,gres/gpu=2,mem=8G,node=1`; else says what is wrong with it. */
export function parseTres(text: string): Allocation | string {
  if (text === '') return nothingHeld
  const entries: Entry[] = []
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    if (at <= 0) return unreadable
    const key = part.slice(0, at)
    const slash = key.indexOf('/')
    const type = slash < 0 ? key : key.slice(0, slash)
    const value = part.slice(at + 1)
    // Sites without an energy plugin have `energy` in their lists, with no value.
    if (value === '' && type === 'energy') continue
    const amount = type === 'mem' ? parseMemory(value, 20) : parseCount(value)
    if (amount) entries.push({ type, name: slash < 0 ? '' : key.slice(slash + 1), amount })
    else if (plain[type] || type === 'gres' || type === 'license') return unreadable
  }
  const twice = namedTwice(entries)
  return twice === undefined ? allocationOf(entries) : `names ${twice} twice`
}

const unreadable = 'cannot be read'

/** Counts are plain, but Slurm shortens large ones (`16K`, by 1024 as for memory) unless told --noconvert. */
function parseCount(text: string): Amount | undefined {
  return /^\d{1,15}$/.test(text) ? { whole: Number(text), places: 0 } : parseMemory(text)
}

export const countOf = (count: number | bigint): Amount => ({ whole: narrow(BigInt(count)), places: 0 })
