import { calledBy } from '../metering/fact.ts'
import type { ToldFact } from '../metering/texts.ts'
import { wholeText } from '../values/decimal.ts'
import { inQuotes } from '../values/json-text.ts'
import { secondsText, shown } from './duration.ts'
import { type Amount, amountText, times } from './memory.ts'
import { isEnded } from './state.ts'
import type { Allocation } from './tres.ts'

/** One run of a job, whatever format it was read from; times in epoch milliseconds, undefined when not known. */
export type Job = {
  readonly cluster: string
  /** The number that Slurm gives each array task and het component for itself. */
  readonly id: string
  /** What users see of such a job, `13_2` or `25+1`; undefined where that is its id. */
  readonly called: string | undefined
  readonly account: string
  /** Whose project it was used for: the account, or the user where a dump knows no accounts; empty when neither says. */
  readonly payer: string
  readonly user: string
  readonly partition: string
  readonly qos: string
  readonly state: string
  readonly exitCode: string | undefined
  readonly arrayJob: string | undefined
  readonly hetJob: string | undefined
  readonly nodes: string | undefined
  readonly restarts: string | undefined
  readonly limitSeconds: number | undefined
  readonly submit: number | undefined
  readonly eligible: number | undefined
  readonly start: number | undefined
  readonly end: number | undefined
  readonly elapsedSeconds: number
  readonly suspendedSeconds: number
  readonly allocation: Allocation
  /** CPU time of all its steps, in milliseconds. */
  cpuUsed: number | undefined
  memoryUsed: Amount | undefined
  readonly energy: bigint | undefined
  readonly raw: string
}

type Interval = { readonly startsAt: number; readonly endsAt: number; readonly seconds: number; readonly key: string }

/**
 * When and how long. A job that was resized is several rows; each later one keeps the first start, and is submitted
 * at the moment of the resize: there its own usage begins. A string is the reason why there is no interval.
 */
function intervalOf(job: Job): Interval | string {
  const { submit, end, elapsedSeconds, suspendedSeconds } = job
  const wall = (elapsedSeconds + suspendedSeconds) * 1000
  const begun = job.start ?? (elapsedSeconds > 0 && end !== undefined ? end - wall : undefined)
  const start = begun ?? end
  if (start === undefined) return 'it has neither a start nor an end'
  const resized = begun !== undefined && submit !== undefined && begun < submit
  const startsAt = resized ? submit : start
  // Slurm still counts for a run that goes on: its end is as far as it was measured.
  const endsAt = end ?? start + wall
  if (endsAt < startsAt) return 'it ends before it starts'
  const spanned = begun === undefined || end === undefined ? undefined : (end - begun) / 1000
  // Both are cut to whole seconds, so one may be lost.
  if (spanned !== undefined && isEnded(job.state) && elapsedSeconds > spanned + 1) {
    return `its Elapsed, ${elapsedSeconds} s, is longer than the ${spanned} s from its start to its end`
  }
  const before = resized ? Math.round((submit - start) / 1000) : 0
  const key = submit === undefined ? `start:${startsAt / 1000}` : `${submit / 1000}`
  return { startsAt, endsAt, seconds: Math.max(0, elapsedSeconds - before), key }
}

const memberFields = ['cpu_used_seconds', 'elapsed_seconds', 'energy_joules', 'memory_used_byte_seconds'] as const
type Own = (typeof memberFields)[number]

type Slot = { readonly meter: string; readonly head: string; readonly amount: Amount | undefined }

/** The meters of an allocation with those of the job itself between them, in alphabetical order: worked out once. */
const slots = new WeakMap<Allocation, readonly Slot[]>()
function slotsOf(allocation: Allocation): readonly Slot[] {
  let known = slots.get(allocation)
  if (!known) {
    const own = memberFields.map((meter) => ({ meter, amount: undefined }))
    const all = [...allocation.held, ...own].sort((one, other) => (one.meter < other.meter ? -1 : 1))
    known = all.map((slot) => ({ ...slot, head: `"${slot.meter}":"` }))
    slots.set(allocation, known)
  }
  return known
}

function ownQuantity(meter: Own, job: Job, seconds: number): string | undefined {
  if (meter === 'elapsed_seconds') return String(seconds)
  if (meter === 'cpu_used_seconds') return job.cpuUsed === undefined ? undefined : secondsText(shown(job.cpuUsed))
  if (meter === 'energy_joules') return job.energy === undefined ? undefined : String(job.energy)
  return job.memoryUsed && amountText(job.memoryUsed)
}

/** As JSON; meters and numbers are plain letters. */
function quantitiesOf(job: Job, seconds: number): string {
  let text = ''
  for (const { meter, head, amount } of slotsOf(job.allocation)) {
    let quantity: string | undefined
    if (amount) {
      const { whole, places } = amount
      const product = times(whole, seconds)
      quantity = places === 0 ? wholeText(product) : amountText({ whole: product, places })
    } else quantity = ownQuantity(meter as Own, job, seconds)
    if (quantity !== undefined) text += `${text === '' ? '{' : ','}${head}${quantity}"`
  }
  return text === '' ? '{}' : `${text}}`
}

/**
 * As JSON, in alphabetical order, without what is not known. Names of users and jobs are personal: they stay in `raw`.
 */
function dimensionsOf(job: Job): string {
  let text = ''
  const { account, arrayJob, exitCode, hetJob, called, limitSeconds, nodes, partition, qos, restarts } = job
  if (account !== '') text += `"account":"${inQuotes(account)}",`
  if (arrayJob !== undefined) text += `"array_job":"${inQuotes(arrayJob)}",`
  if (exitCode !== undefined) text += `"exit_code":"${exitCode}",`
  if (hetJob !== undefined) text += `"het_job":"${inQuotes(hetJob)}",`
  if (called !== undefined) text += `"${calledBy}":"${inQuotes(called)}",`
  if (limitSeconds !== undefined) text += `"limit_seconds":"${limitSeconds}",`
  if (nodes !== undefined) text += `"nodes":"${inQuotes(nodes)}",`
  if (partition !== '') text += `"partition":"${inQuotes(partition)}",`
  if (qos !== '') text += `"qos":"${inQuotes(qos)}",`
  if (restarts !== undefined) text += `"restarts":"${restarts}",`
  text += `"state":"${job.state}"`
  if (job.eligible !== undefined && job.start !== undefined && job.start >= job.eligible)
    text += `,"wait_seconds":"${(job.start - job.eligible) / 1000}"`
  return `{${text}}`
}

let lastCluster = ''
let lastSource = ''
/** One text for all jobs of a cluster, not one each. */
function sourceOf(cluster: string): string {
  if (cluster !== lastCluster) {
    lastCluster = cluster
    lastSource = `slurm:${cluster}`
  }
  return lastSource
}

/** A job as a fact, or the reason why it is none. */
export function factOf(job: Job, measuredAt: number): ToldFact | string {
  if (job.payer === '') return 'it has no account, so nobody can say which project used it'
  if (job.end === undefined && isEnded(job.state)) {
    return `it is ${job.state} and has no End: read it again once Slurm says when it ended`
  }
  const interval = intervalOf(job)
  if (typeof interval === 'string') return interval
  return {
    source: sourceOf(job.cluster),
    externalId: `${job.cluster}/${job.id}/${interval.key}`,
    service: 'slurm',
    subtype: job.partition || 'default',
    projectName: job.payer,
    personName: job.user || null,
    providerName: job.cluster,
    startsAt: interval.startsAt,
    endsAt: interval.endsAt,
    measuredAt,
    final: isEnded(job.state),
    quantities: quantitiesOf(job, interval.seconds),
    dimensions: dimensionsOf(job),
    raw: job.raw,
  }
}
