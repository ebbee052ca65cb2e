import { chargesOf } from '../../../charging/refund/of-commands.ts'
import { reservationWhole } from '../../../credits/listing-commands.ts'
import { looking } from '../../../database/transaction.ts'
import type { Reader } from '../../../database/reader.ts'
import type { JobEvent } from '../../job/course.ts'
import type { Job } from '../../job/job.ts'
import { eventOf } from '../../job/shelf-commands.ts'
import type { JobParts } from '../../parts-commands.ts'
import type { StoredDiscount, StoredPrice } from '../../price/book.ts'
import { discountById, priceById } from '../../price/sql.ts'
import { type StorageStretch, storageStretches } from '../../storage/cost.ts'
import * as sql from './sql.ts'

/** Whoever tells that it lives twice a minute has many events and charges: so many of the newest are shown. */
export const shownMax = 1_000

type Charge = Awaited<ReturnType<typeof chargesOf>>[number]
type Held = NonNullable<Awaited<ReturnType<typeof reservationWhole>>>['shown']

/** What storage cost in a stretch goes by these. */
export type PricedStretch = {
  readonly stretch: StorageStretch
  readonly price: StoredPrice | undefined
  readonly discount: StoredDiscount | undefined
}

/** All that is known of a job. */
export type WholeJob = {
  readonly job: Job
  /** Of its reservation; storage has none. */
  readonly price: StoredPrice | undefined
  readonly discount: StoredDiscount | undefined
  readonly storage: readonly PricedStretch[]
  /** In the order in which they count. */
  readonly events: readonly (JobEvent & { readonly operation: string })[]
  readonly reservations: readonly Held[]
  readonly charges: readonly Charge[]
  readonly problems: readonly sql.ProblemRow[]
}

export async function wholeJob({ house, desk, prices }: JobParts, job: Job): Promise<WholeJob> {
  const book = await prices.book()
  return await looking(house.database, async (reader) => {
    const charges = await chargesOf(reader, job.reservations, shownMax)
    const atCharge = desk.rules.discountOf === 'charge' && charges[0] !== undefined
    const discount = atCharge ? (book.discountOf(job.vlab, Date.parse(charges[0]?.at ?? ''))?.id ?? null) : job.discount
    const stretches = job.type === 'storage' ? stretchesOf(job) : []
    const reservations = []
    for (const id of job.reservations) {
      const whole = await reservationWhole(reader, id)
      if (whole) reservations.push(whole.shown)
    }
    return {
      job,
      price: await priceOf(reader, job.price),
      discount: await discountOf(reader, discount),
      storage: await Promise.all(stretches.map((stretch) => pricedStretch(reader, stretch))),
      events: (await sql.toldBy(reader, job.id)).map((row) => ({ ...eventOf(row), operation: row.operation })),
      reservations,
      charges,
      problems: await sql.problems(reader, { project: null, job: job.id }, 0n, shownMax),
    }
  })

  function stretchesOf({ course }: Job): readonly StorageStretch[] {
    const { startedAt, aliveAt } = course
    return startedAt === null || aliveAt === null ? [] : storageStretches(book, job, startedAt, aliveAt)
  }
}

const priceOf = async (reader: Reader, id: bigint | null) => (id === null ? undefined : await priceById(reader, id))
const discountOf = async (reader: Reader, id: bigint | null) =>
  id === null ? undefined : await discountById(reader, id)

const pricedStretch = async (reader: Reader, stretch: StorageStretch): Promise<PricedStretch> => ({
  stretch,
  price: await priceOf(reader, stretch.price?.id ?? null),
  discount: await discountOf(reader, stretch.discount?.id ?? null),
})
