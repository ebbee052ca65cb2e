import type { JobPriceBook } from '../price/book.ts'
import { type JobDiscount, type JobPrice, totalCost } from '../price/cost.ts'
import type { StorageCost } from './use.ts'

/** What was stored from one moment to another, whole seconds of the epoch, under one price and discount. */
export type StorageStretch = {
  readonly from: number
  readonly to: number
  readonly price: JobPrice | undefined
  readonly discount: JobDiscount | undefined
}

/** The stretches between changes of price. What is told is told in whole seconds, so that a change in one counts from the next. */
export function storageStretches(
  book: JobPriceBook,
  { vlab, subtype }: Parameters<StorageCost>[0],
  from: number,
  to: number,
): readonly StorageStretch[] {
  const changes = book.changesBetween('storage', subtype, vlab, from * 1000, to * 1000)
  const stops = [...new Set([from, ...changes.map((ms) => Math.ceil(ms / 1000)), to])].filter((at) => at <= to)
  return stops.slice(0, -1).map((start, place) => ({
    from: start,
    to: stops[place + 1] ?? to,
    price: book.priceFor('storage', subtype, vlab, start * 1000),
    discount: book.discountOf(vlab, start * 1000),
  }))
}

/**
 * What was stored costs what held while it was stored: each stretch between two changes of price by its own price, rounded
 * once. Where no price held it costs nothing, until one is given.
 */
export const storageCost =
  (book: JobPriceBook): StorageCost =>
  (job, size, from, to) => {
    let nanos = 0n
    let priced = true
    for (const stretch of storageStretches(book, job, from, to)) {
      const units = size * BigInt(stretch.to - stretch.from)
      if (stretch.price) nanos += totalCost(stretch.price, stretch.discount, units)
      else if (units > 0n) priced = false
    }
    return { nanos, priced }
  }
