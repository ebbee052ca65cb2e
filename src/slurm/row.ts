import { remembered } from './cache.ts'
import { type Clock, settleTimes } from './clock.ts'
import { parseDuration, parseLimit, parseMinutes, parseWhole } from './duration.ts'
import type { Job } from './job.ts'
import type { Column, Layout } from './layout.ts'
import { parseRequestedMemory } from './memory.ts'
import { expandNodes } from './nodes.ts'
import { isWaiting, stateOf } from './state.ts'
import { type Allocation, allocationOf, countOf, type Entry, joules, neverRan, parseTres } from './tres.ts'

/** The value of a column in the row that is being read; empty when the dump has no such column. */
export type Cells = (column: number | undefined) => string

const states = remembered(stateOf, 1000)
const allocations = remembered(parseTres)
const nodeLists = remembered(expandNodes, 1000)
const fallbacks = remembered(fallbackOf)
/** Only a list with brackets is worth remembering. */
const nodesOf = (text: string) => (text.includes('[') ? nodeLists(text) : expandNodes(text))
const digits = /^\d{1,15}$/
const idPattern = /^\d+(?:[_+]\d+)?$/
/** One task or component; `13_[4-9]` are several, and none of them ran. */
const calledPattern = /^\d+[_+]\d+$/

/** What a row says about time, or why it cannot be read. */
type Moments = Pick<Job, 'submit' | 'eligible' | 'start' | 'end' | 'elapsedSeconds' | 'suspendedSeconds'>

const seconds = (text: string): number | undefined => {
  const duration = parseDuration(text)
  return duration === undefined ? undefined : Math.floor(duration / 1000)
}

export const elapsedOf = (cells: Cells, columns: Layout['columns']): number | undefined => {
  return parseWhole(cells(columns.ElapsedRaw)) ?? seconds(cells(columns.Elapsed))
}

function momentsOf(cells: Cells, { columns }: Layout, clock: Clock): Moments | string {
  const elapsedSeconds = elapsedOf(cells, columns)
  if (elapsedSeconds === undefined)
    return `Elapsed ${quoted(cells(columns.ElapsedRaw ?? columns.Elapsed))} is no duration`
  const suspendedText = cells(columns.Suspended)
  const suspendedSeconds = suspendedText === '' || suspendedText === '00:00:00' ? 0 : (seconds(suspendedText) ?? 0)
  clock.doubtful = false
  const submitText = cells(columns.Submit)
  const eligibleText = cells(columns.Eligible)
  const submit = clock.read(submitText)
  const eligible = eligibleText === submitText ? submit : clock.read(eligibleText)
  const start = clock.read(cells(columns.Start))
  const end = clock.read(cells(columns.End))
  if (Number.isNaN((submit ?? 0) + (eligible ?? 0) + (start ?? 0) + (end ?? 0))) return noTime(cells, columns, clock)
  const read = { submit, eligible, start, end, elapsedSeconds, suspendedSeconds }
  if (!clock.doubtful) return read
  const candidates = (column: Column) => clock.candidates(cells(columns[column]))
  const choices = {
    submit: candidates('Submit'),
    eligible: candidates('Eligible'),
    start: candidates('Start'),
    end: candidates('End'),
  }
  const waited = parseDuration(cells(columns.Planned ?? columns.Reserved))
  return { ...read, ...settleTimes(choices, (elapsedSeconds + suspendedSeconds) * 1000, waited) }
}

function noTime(cells: Cells, columns: Layout['columns'], clock: Clock): string {
  const wrong = (['Submit', 'Eligible', 'Start', 'End'] as const).find((column) =>
    Number.isNaN(clock.read(cells(columns[column]))),
  )
  return `${wrong} ${quoted(cells(wrong && columns[wrong]))} is no time`
}

/** Shortened, so that a reason stays one line. */
const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/**
 * What a job held when the dump does not say what it was given: what it asked for, with the CPUs and nodes it got.
 * The key is `ReqTRES|AllocCPUS|AllocNodes|ReqMem`.
 */
function fallbackOf(key: string): Allocation | string {
  const [requested = '', cpuText = '', nodeText = '', memory = ''] = key.split('|')
  const asked = parseTres(requested)
  if (typeof asked === 'string') return asked
  const cpus = digits.test(cpuText) ? Number(cpuText) : asked.cpus
  const nodes = digits.test(nodeText) ? Number(nodeText) : asked.nodes
  const entries: Entry[] = []
  if (digits.test(cpuText) && cpus > 0) entries.push({ type: 'cpu', name: '', amount: countOf(cpus) })
  if (digits.test(nodeText) && nodes > 0) entries.push({ type: 'node', name: '', amount: countOf(nodes) })
  const amount = asked.hasMemory ? undefined : parseRequestedMemory(memory, cpus, nodes)
  if (amount) entries.push({ type: 'mem', name: '', amount })
  const own = allocationOf(entries)
  const held = asked.held.filter(({ meter }) => !own.held.some((mine) => mine.meter === meter))
  return { ...asked, held: [...held, ...own.held].sort((one, other) => (one.meter < other.meter ? -1 : 1)) }
}

function allocated(cells: Cells, columns: Layout['columns'], elapsed: number): Allocation | string {
  const text = cells(columns.AllocTRES)
  if (text !== '') return allocations(text)
  if (elapsed === 0) return neverRan
  const cpus = cells(columns.AllocCPUS ?? columns.NCPUS)
  const nodes = cells(columns.AllocNodes ?? columns.NNodes)
  return fallbacks(`${cells(columns.ReqTRES)}|${cpus}|${nodes}|${cells(columns.ReqMem)}`)
}

function energyOf(cells: Cells, columns: Layout['columns'], allocation: Allocation): bigint | undefined {
  const text = cells(columns.ConsumedEnergyRaw)
  if (text === '0' || text === '')
    return columns.ConsumedEnergyRaw === undefined ? shortEnergy(cells, columns) : allocation.energy
  return /^\d{1,20}$/.test(text) ? joules(BigInt(text)) : undefined
}

/** `ConsumedEnergy` is shortened by thousands: `12.50K`. */
function shortEnergy(cells: Cells, columns: Layout['columns']): bigint | undefined {
  const match = /^(\d{1,20})(?:\.(\d{1,3}))?([KMGTP]?)$/.exec(cells(columns.ConsumedEnergy))
  if (!match) return undefined
  const power = 3 * ' KMGTP'.indexOf(match[3] || ' ')
  return joules(
    BigInt((match[1] as string) + (match[2] ?? '').padEnd(Math.max(power, 3), '0')) / (power === 0 ? 1000n : 1n),
  )
}

const limitOf = (cells: Cells, columns: Layout['columns']): number | undefined =>
  parseMinutes(cells(columns.TimelimitRaw)) ?? parseLimit(cells(columns.Timelimit))

/** The number before `_` of an array task, before `+` of a het component. */
function leaderOf(jobId: string, sign: string): string | undefined {
  const at = jobId.indexOf(sign)
  return at > 0 ? jobId.slice(0, at) : undefined
}

export type Row =
  | { readonly job: Job }
  | { readonly waits: true; readonly ranAway: boolean }
  | { readonly reason: string }

/** A job that waits, and yet has a start, no end and a time that grows. */
const ranAway = (cells: Cells, columns: Layout['columns']): boolean =>
  (elapsedOf(cells, columns) ?? 0) > 0 && /^\d/.test(cells(columns.Start)) && !/^\d/.test(cells(columns.End))

/** A row of a job (not of a step) as a job. Its steps add to it afterwards. */
export function jobOf(cells: Cells, layout: Layout, clock: Clock, cluster: string, raw: string): Row {
  const { columns } = layout
  const stateText = cells(columns.State)
  const state = stateText === 'COMPLETED' ? stateText : states(stateText)
  if (state === undefined) return { reason: `State ${quoted(stateText)} is unknown` }
  if (isWaiting(state)) return { waits: true, ranAway: ranAway(cells, columns) }
  const id = cells(columns.JobIDRaw ?? columns.JobID)
  if (!idPattern.test(id)) return { reason: `JobID ${quoted(id)} is no job id` }
  if (cluster === '') return { reason: 'Cluster is empty' }
  const moments = momentsOf(cells, layout, clock)
  if (typeof moments === 'string') return { reason: moments }
  const allocation = allocated(cells, columns, moments.elapsedSeconds)
  if (typeof allocation === 'string') {
    const isAllocated = cells(columns.AllocTRES) !== ''
    const text = quoted(cells(isAllocated ? columns.AllocTRES : columns.ReqTRES))
    return { reason: `${isAllocated ? 'AllocTRES' : 'ReqTRES'} ${text} ${allocation}` }
  }
  const exitCode = cells(columns.ExitCode)
  const jobId = cells(columns.JobID)
  const restarts = cells(columns.Restarts)
  const job: Job = {
    cluster,
    id,
    called: jobId !== id && calledPattern.test(jobId) ? jobId : undefined,
    account: cells(columns.Account),
    payer: cells(columns.Account ?? columns.User),
    user: cells(columns.User),
    partition: cells(columns.Partition),
    qos: cells(columns.QOS),
    state,
    exitCode: /^\d+:\d+$/.test(exitCode) ? exitCode : undefined,
    arrayJob: leaderOf(jobId, '_'),
    hetJob: leaderOf(jobId, '+'),
    nodes: nodesOf(cells(columns.NodeList)),
    restarts: restarts !== '' && digits.test(restarts) ? restarts : undefined,
    limitSeconds: limitOf(cells, columns),
    submit: moments.submit,
    eligible: moments.eligible,
    start: moments.start,
    end: moments.end,
    elapsedSeconds: moments.elapsedSeconds,
    suspendedSeconds: moments.suspendedSeconds,
    allocation,
    cpuUsed: parseDuration(cells(columns.TotalCPU)),
    memoryUsed: undefined,
    energy: energyOf(cells, columns, allocation),
    raw,
  }
  return { job }
}
