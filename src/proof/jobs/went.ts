import { courseOf, type JobEvent } from '../../jobs/job/course.ts'
import { askedOf } from '../../jobs/job/job.ts'
import type { JobPriceBook } from '../../jobs/price/book.ts'
import { totalCost } from '../../jobs/price/cost.ts'
import { inputDigest } from '../../operations/canonical.ts'
import { nanosText } from '../../values/money.ts'
import type { EventLine, JobLine } from './lines.ts'

/** What is wrong with a job, by what it told and by the prices of jobs; undefined when nothing is. */
export function wrongOf(job: JobLine, events: readonly EventLine[], book: JobPriceBook): string | undefined {
  if (job.type === 'storage') return wrongStorage(job, events)
  if (job.askedDigest !== inputDigest('jobs.reserve', askedOf(job)))
    return 'it is not of the project, kind, user, group or extent that was reserved for'
  const told = events.flatMap((event) => (isOfCourse(event) ? [event] : []))
  if (told.length < events.length) return 'something is told of it as of storage'
  const course = courseOf(job.reserved.instances ?? 0n, told)
  const { startedAt, aliveAt, finishedAt, toldAt, units, instances } = course
  const went = [startedAt, aliveAt, finishedAt, toldAt]
  if (went.some((at, place) => at !== job.went[place]))
    return `it went at ${job.went.join(', ')}, and by what was told at ${went.join(', ')}`
  if (units !== job.units || instances !== job.running)
    return `it used ${job.units} with ${job.running}, and by what was told ${units} with ${instances}`
  return wrongEnd(job, told) ?? wrongCost(job, told.length, book)
}

type Told = EventLine & JobEvent

const isOfCourse = (event: EventLine): event is Told => event.kind !== 'stored'

/** Whatever is told of a job after it was released or given up takes that back. */
function wrongEnd(job: JobLine, told: readonly EventLine[]): string | undefined {
  const { cancelledBy } = job
  const stays = cancelledBy !== null && told.every(({ operation }) => operation < cancelledBy)
  const cancelledAt = stays ? job.cancelledThen : null
  const [, aliveAt = null, toldFinish = null] = job.went
  const finishedAt = toldFinish ?? (cancelledAt === null ? null : aliveAt)
  if (job.cancelledAt !== cancelledAt)
    return `it was cancelled at ${job.cancelledAt}, and by what was done at ${cancelledAt}`
  if (job.finishedAt !== finishedAt) return `it finished at ${job.finishedAt}, and by what was told at ${finishedAt}`
  return undefined
}

/** By a setting the discount of each charge counts: then they are some that its virtual lab had. */
function wrongCost(job: JobLine, told: number, book: JobPriceBook): string | undefined {
  const price = job.price === null ? undefined : book.price(job.price)
  const own = job.discount === null ? undefined : book.discount(job.discount)
  if (!price || (job.discount !== null && !own)) return 'its price or discount is missing'
  if (told === 0) return job.charged === 0n ? undefined : 'it was charged, and nothing was told of it'
  const cost = totalCost(price, own, job.units)
  if (job.charged === cost) return undefined
  // Each charge may have had another discount, and was rounded by itself.
  const others = book.discountsOf(job.vlab).map((discount) => totalCost(price, discount, job.units))
  const slack = BigInt(told)
  if (others.length > 0 && isWithin(job.charged, [totalCost(price, undefined, job.units), ...others], slack))
    return undefined
  return `it was charged ${nanosText(job.charged)}, and ${job.units} cost ${nanosText(cost)}`
}

const isWithin = (amount: bigint, bounds: readonly bigint[], slack: bigint): boolean =>
  bounds.some((bound) => bound - slack <= amount) && bounds.some((bound) => amount <= bound + slack)

/** A size may be raised for the same moment, but not lowered. */
function wrongStorage(job: JobLine, events: readonly EventLine[]): string | undefined {
  const [first] = events
  if (!first) return 'nothing was told of it'
  const size = events.reduce((most, { count }) => (count !== null && count > most ? count : most), -1n)
  const [startedAt, aliveAt, toldFinish, toldAt] = job.went
  if (events.some(({ kind, at }) => kind !== 'stored' || at !== startedAt)) return 'it did not begin as it was told'
  if (size !== job.running) return `it stores ${job.running}, and by what was told ${size}`
  if (job.units !== size * BigInt((aliveAt ?? 0) - (startedAt ?? 0)) || toldAt !== aliveAt || toldFinish !== null)
    return `it used ${job.units}, and not its size for its time`
  const { reserved, user, group, price, discount, cancelledAt } = job
  if ([...Object.values(reserved), user, group, price, discount, cancelledAt].some((value) => value !== null))
    return 'it has what only jobs have that are reserved'
  return undefined
}
