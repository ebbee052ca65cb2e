import { numbered } from '../../../values/id.ts'
import { nanosFrom, nanosText } from '../../../values/money.ts'
import type { Job } from '../../job/job.ts'
import type { StoredDiscount, StoredPrice } from '../../price/book.ts'
import type { JobTier } from '../../price/cost.ts'
import { discountShown } from '../../price/discount.ts'
import { priceShown } from '../../price/price.ts'
import { quantityShown } from '../../price/quantity.ts'
import { explainCost } from '../explain.ts'
import { timeText } from '../shown.ts'
import { stretchesOf } from '../stretches.ts'
import type { PricedStretch, WholeJob } from './commands.ts'
import type { OpenRow, ProblemRow } from './sql.ts'

const secondsText = (seconds: number): string => timeText(new Date(seconds * 1000))
const orNull = <Value, Shown>(value: Value | null, show: (value: Value) => Shown): Shown | null =>
  value === null ? null : show(value)
const whole = (units: bigint | null) => orNull(units, (known) => quantityShown(String(known)))

/** A longrun job that goes on, or waits to. */
export const openJobShown = (row: OpenRow) => ({
  id: row.id,
  vlab_id: row.vlab,
  proj_id: row.project,
  service_subtype: row.subtype,
  ...(row.started_at !== null && { started_at: timeText(row.started_at) }),
  ...(row.alive_at !== null && { last_alive_at: timeText(row.alive_at) }),
  created_at: timeText(row.reserved_at),
})

export const problemShown = (row: ProblemRow) => ({
  id: row.id,
  at: timeText(row.at),
  reason: row.reason,
  proj_id: row.project,
  job_id: row.job,
  usage: JSON.parse(row.event) as Readonly<Record<string, unknown>>,
  operation: numbered('operation', row.operation) as string,
})

function stateOf({ finishedAt, cancelledAt, course }: Job) {
  if (finishedAt !== null) return cancelledAt === null ? 'finished' : 'expired'
  if (course.startedAt !== null) return 'running'
  return cancelledAt === null ? 'reserved' : 'cancelled'
}

/** Everything that is known of a job; `cost` says how its amount comes about. */
export function jobShown(found: WholeJob, shownMax: number) {
  const { job, price, discount, events, reservations, charges, problems } = found
  const { course, reserved } = job
  return {
    id: job.id,
    type: job.type,
    subtype: job.subtype,
    vlab_id: job.vlab,
    proj_id: job.project,
    user_id: job.user,
    group_id: job.group,
    name: job.name,
    state: stateOf(job),
    reserved_at: timeText(new Date(job.reservedAt)),
    started_at: orNull(course.startedAt, secondsText),
    last_alive_at: orNull(course.aliveAt, secondsText),
    finished_at: orNull(job.finishedAt, secondsText),
    cancelled_at: orNull(job.cancelledAt, (ms) => timeText(new Date(ms))),
    amount: nanosText(job.charged - job.absorbed),
    reserved: {
      amount: nanosText(job.reservedNanos),
      count: whole(reserved.count),
      duration: whole(reserved.duration),
      instances: whole(reserved.instances),
      instance_type: reserved.instanceType,
    },
    price: price ? priceShown(price) : null,
    discount: discount ? discountShown(discount) : null,
    cost: costShown(found),
    events: events.slice(-shownMax).map((event) => ({
      status: event.kind,
      timestamp: event.at,
      at: secondsText(event.at),
      instances: whole(event.instances),
      count: whole(event.count),
      operation: numbered('operation', event.operation) as string,
    })),
    reservations: reservations.map(({ id, state, amount, held, charged, at, until }) => ({
      id,
      state,
      amount,
      held,
      charged,
      at,
      until,
    })),
    charges: charges.map(({ id, reservation, at, amount, absorbed, transfer, operation, refunds }) => ({
      id,
      reservation,
      at,
      amount,
      absorbed,
      transfer,
      operation,
      refunds,
    })),
    problems: problems.map(problemShown),
  }
}

/** The steps from what was used to what was charged, and why these differ where they do. */
function costShown({ job, price, discount, storage, events }: WholeJob) {
  const steps =
    job.type === 'storage'
      ? storage.map((part) => storageStep(job, part))
      : price
        ? [costStep(job.type, price, discount, job.course.units)]
        : []
  const amount = steps.reduce((sum, step) => sum + nanosFrom(step.amount), 0n)
  const runs = job.type === 'longrun' ? stretchesOf(job.reserved.instances ?? 0n, events) : []
  return {
    units: quantityShown(String(job.course.units)),
    unit: { oneshot: 'count', longrun: 'instance-seconds', storage: 'byte-seconds' }[job.type],
    runs: runs.map(({ from, to, instances, units }) => ({
      from: secondsText(from),
      to: secondsText(to),
      seconds: to - from,
      instances: whole(instances),
      units: whole(units),
    })),
    steps,
    amount: nanosText(amount),
    remark: remarkOn(job, amount, storage),
  }
}

function costStep(type: Job['type'], price: StoredPrice, discount: StoredDiscount | undefined, units: bigint) {
  const explained = explainCost(type, JSON.parse(price.tiers) as JobTier[], discount?.discount, units)
  return {
    price_id: Number(price.id),
    units: whole(units),
    tiers: explained.parts.map(({ tier, units: share, amount }) => ({
      min_quantity: quantityShown(tier.min),
      max_quantity: orNull(tier.max, quantityShown),
      fixed_cost: tier.fixed,
      multiplier: tier.multiplier,
      units: whole(share),
      amount,
    })),
    sum: explained.sum,
    discount: discount?.discount ?? null,
    exact: explained.exact,
    amount: explained.amount,
    formula: explained.formula,
  }
}

function storageStep({ course }: Job, { stretch, price, discount }: PricedStretch) {
  const { from, to } = stretch
  const units = course.instances * BigInt(to - from)
  const times = { from: secondsText(from), to: secondsText(to), seconds: to - from, size: whole(course.instances) }
  if (price) return { ...times, ...costStep('storage', price, discount, units) }
  const formula = 'no price holds: nothing is charged until there is one'
  return { ...times, price_id: null, units: whole(units), amount: '0', formula }
}

/** Why another amount was charged than the steps come to by the prices and discounts of today. */
function remarkOn(job: Job, amount: bigint, storage: readonly PricedStretch[]): string | null {
  const hasEnded = job.finishedAt !== null
  if (storage.some(({ price }) => price === undefined))
    return `A part of the time has no price: add one${hasEnded ? ', and tell it again,' : ''} to charge it.`
  if (job.absorbed > 0n) return `The project had nothing left: ${nanosText(job.absorbed)} of it nobody paid.`
  if (amount === job.charged) return null
  if (job.type !== 'storage')
    return 'Each of its charges has the discount of its own moment; the steps go by that of the last one.'
  const later = 'Prices or discounts were given for this time after it was charged'
  if (!hasEnded) return `${later}: the next charge makes up for it.`
  return `${later}. What has ended keeps its charge; where a price was missing, tell it again.`
}
