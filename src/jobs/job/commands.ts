import { randomUUID } from 'node:crypto'
import type { Counter } from '../../charging/counter-commands.ts'
import { paidByReservation, refundTell } from '../../charging/refund-commands.ts'
import type { Asking } from '../../credits/commands.ts'
import type { Desk } from '../../credits/desk.ts'
import { Recent } from '../../credits/recent.ts'
import type { Reader } from '../../database/reader.ts'
import { Problem } from '../../http/problem.ts'
import type { Answered } from '../../operations/alone.ts'
import type { Currency } from '../../values/money.ts'
import { accountShelf } from '../account/shelf-commands.ts'
import { costAtCharge, totalCost } from '../price/cost.ts'
import type { JobPrices } from '../price/prices-commands.ts'
import type { JobPriceBook } from '../price/book.ts'
import type { JobRules } from '../rules.ts'
import { askedOf, type Job } from './job.ts'
import type { Billing } from './money.ts'
import { refusing } from '../budget/once.ts'
import type { Fault } from '../door/fault.ts'
import { type JobCommand, type NewJob, noSuchJob, releaseJob, reserveCommand } from './reserve.ts'
import { eventOf, jobOf, jobShelf, usageWriter } from './shelf-commands.ts'
import * as sql from './sql.ts'
import type { JobProblem } from './sql.ts'
import { expireCommand, LookAgain, type MayTouch, type Told, useCommand, type Using } from './use.ts'

/** What never changes of a job but for the reservation that it goes on under. */
type Known = { readonly reservation: bigint | undefined }

const rememberedMax = 100_000
/** Seconds in which a job that is silent for too long is found for certain. */
const silenceSlack = 600
/** Whoever waits for others of the same job comes to his turn by then. */
const attemptsMax = 30

/** Another process added it a moment ago. */
class UnknownPrice extends Error {}

/** Jobs on their way: reserved, released, telling how they go, given up. */
export class JobDesk {
  readonly counter: Counter
  readonly prices: JobPrices
  readonly currency: Currency
  readonly rules: JobRules
  readonly #provider: () => Promise<string>
  /** Told when the job of a project has cost more than the project had left. */
  onRanOut: (project: string) => void = () => {}
  readonly #known = new Recent<string, Known>(rememberedMax)

  constructor(
    counter: Counter,
    prices: JobPrices,
    currency: Currency,
    rules: JobRules,
    provider: () => Promise<string>,
  ) {
    this.counter = counter
    this.currency = currency
    this.prices = prices
    this.rules = rules
    this.#provider = provider
  }

  /** @throws Problem `insufficient-credits`, `budget-exhausted` */
  async reserve(asking: Asking, job: NewJob): Promise<Answered> {
    const { id } = job
    const onMade = (reservation: bigint) => this.#known.put(id, { reservation })
    const admitting = { accounts: accountShelf, onMade, stopsAdmitting: this.rules.stopsAdmitting }
    const rule = reserveCommand(jobShelf, job, await this.billing(), admitting)
    const { credits } = this.counter
    return await credits.withRoom(() => credits.submit(asking, 'jobs.reserve', askedOf(job), rule))
  }

  /** Refuses a job, unless it was reserved under this key before. @throws Fault */
  async notReserved(asking: Asking, job: Parameters<typeof askedOf>[0], why: Fault): Promise<Answered> {
    return await this.counter.credits.submit(asking, 'jobs.reserve', askedOf(job), refusing(why))
  }

  /** @throws Fault */
  async release(asking: Asking, id: string, type: Job['type']): Promise<Answered> {
    const input = { job: id, type }
    return await this.#submit(asking, 'jobs.release', input, id, (reservation) => {
      if (reservation === undefined) throw noSuchJob()
      return releaseJob(jobShelf, id, reservation, type)
    })
  }

  /** Takes usage of a job, and charges it at once; whoever may not touch everything says what it may. */
  async use(asking: Asking, told: Told, mayTouch: MayTouch = () => true): Promise<Answered> {
    const billing = await this.billing()
    const input = { job: told.job, said: told.said }
    let isOut = false
    const onRanOut = () => (isOut = true)
    const answered = await this.#submit(asking, 'jobs.use', input, told.job, async (reservation, isAgain) => {
      const costOf = this.#costOf(this.prices.known() ?? (await this.prices.book()))
      const using: Using = { shelf: jobShelf, billing, costOf, write: usageWriter, mayTouch, onRanOut }
      const look = async (reader: Reader, desk: Desk) => {
        const job = desk.shelves.of(jobShelf).rows.get(told.job)
        if (job) await this.#lookAt(reader, desk, job)
      }
      return useCommand(told, reservation, using, isAgain ? look : undefined)
    })
    if (isOut) this.onRanOut(told.project)
    return answered
  }

  /** Keeps usage that belongs to nobody here, for whoever operates the site. */
  async keepProblem(asking: Asking, problem: JobProblem): Promise<Answered> {
    return await this.counter.credits.submit(asking, 'jobs.problem', problem, {
      wants: { owners: [] },
      decide: () => ({ ok: true, status: 201, answer: null, apply: (turn) => usageWriter.problem(turn, problem) }),
    })
  }

  /** Gives a job up that gave no sign of life; one that did meanwhile is left alone. */
  async expire(id: string): Promise<void> {
    const { silentSeconds, openSeconds } = this.rules
    const isSilent = ({ course, reservedAt }: Job, at: number): boolean =>
      course.aliveAt === null ? reservedAt + openSeconds * 1000 < at : course.aliveAt * 1000 + silentSeconds * 1000 < at
    const billing = await this.billing()
    const asking = { principal: 'bursar', key: `expire job ${id} ${randomUUID()}` }
    try {
      await this.#submit(asking, 'jobs.expire', { job: id }, id, (reservation) =>
        expireCommand(id, reservation ?? 0n, { shelf: jobShelf, billing }, isSilent),
      )
    } catch (error) {
      if (!(error instanceof Problem && error.type === 'not-found')) throw error
    }
  }

  /** Jobs to be given up, a page by their ids. */
  async silent(after: string, limit: number): Promise<string[]> {
    const { silentSeconds, openSeconds } = this.rules
    const before = (seconds: number) => new Date(Date.now() - seconds * 1000)
    const found = await sql.silentJobs(this.#reader, before(silentSeconds), before(openSeconds), after, limit)
    return found.map(({ id }) => id)
  }

  async find(id: string): Promise<Job | undefined> {
    const [row] = await sql.jobsById(this.#reader, [id])
    return row && jobOf(row)
  }

  get #reader(): Reader {
    return this.counter.credits.house.database.pool
  }

  /** How money of jobs moves at this moment. */
  async billing(): Promise<Billing> {
    const { overrun, openSeconds, silentSeconds, futureSeconds } = this.rules
    const { currency } = this
    const { counter } = this
    const { zone } = counter.credits.house
    return {
      currency,
      provider: await this.#provider(),
      overrun,
      openSeconds,
      // Half of it is left at any time; nobody looks for silent jobs at the very second.
      runningSeconds: Math.max(openSeconds, 2 * (silentSeconds + futureSeconds + silenceSlack)),
      charger: (nanos) => counter.charger(nanos, null),
      refund: (reservation) => refundTell(zone, reservation, `res_${reservation.id}`, 'less was used than was charged'),
    }
  }

  #costOf(book: JobPriceBook): Using['costOf'] {
    return (job, units, at) => {
      const { price, discount, vlab } = job
      const found = price === null ? undefined : book.price(price)
      if (!found) throw new UnknownPrice(`price ${price} of a job is not in the book`)
      if (this.rules.discountOf === 'charge') {
        const before = { units: job.course.units, charged: job.charged }
        return costAtCharge(found, book.discountOf(vlab, at), before, units)
      }
      return totalCost(found, discount === null ? undefined : book.discount(discount), units)
    }
  }

  /** The reservation that a job goes on under is asked for once, and again when it is another one by then. */
  async #submit(
    asking: Asking,
    command: string,
    input: unknown,
    id: string,
    rule: (reservation: bigint | undefined, isAgain: boolean) => JobCommand | Promise<JobCommand>,
  ): Promise<Answered> {
    const first = this.#known.get(id)?.reservation ?? (await this.find(id))?.reservations.at(-1)
    return await this.untilSeen(first, async (reservation, isAgain) => {
      const answered = await this.counter.credits.submit(asking, command, input, await rule(reservation, isAgain))
      if (reservation !== undefined) this.#known.put(id, { reservation })
      return answered
    })
  }

  /** Asks again with what was missing to decide: a later reservation, all that was told and paid, a newer price. */
  async untilSeen(
    first: bigint | undefined,
    attempt: (reservation: bigint | undefined, isAgain: boolean) => Promise<Answered>,
  ): Promise<Answered> {
    let reservation = first
    for (let attempts = 1; ; attempts++) {
      try {
        return await attempt(reservation, attempts > 1)
      } catch (error) {
        if (attempts === attemptsMax) throw error
        if (error instanceof UnknownPrice) this.prices.changed()
        else if (error instanceof LookAgain) reservation = error.reservation
        else throw error
      }
    }
  }

  /** What the reservations of a job have paid: read under the locks. */
  async lookAtPaid(reader: Reader, desk: Desk, job: Job): Promise<void> {
    job.paid = await paidByReservation(this.counter.credits, reader, desk, job.reservations)
  }

  async #lookAt(reader: Reader, desk: Desk, job: Job): Promise<void> {
    job.told = (await sql.eventsOf(reader, job.id)).map(eventOf)
    await this.lookAtPaid(reader, desk, job)
  }
}
