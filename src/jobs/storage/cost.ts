import type { JobPriceBook } from '../price/book.ts'
import { totalCost } from '../price/cost.ts'
import type { StorageCost } from './use.ts'

/**
 * What was stored costs what held while it was stored: each stretch between two changes of price by its own price, rounded
 * once. Where no price held it costs nothing, until one is given.
 */
export const storageCost =
  (book: JobPriceBook): StorageCost =>
  ({ vlab, subtype }, size, from, to) => {
    // What is told is told in whole seconds, so that a change in the middle of one counts from the next.
    const changes = book.changesBetween('storage', subtype, vlab, from * 1000, to * 1000)
    const stops = [...new Set([from, ...changes.map((ms) => Math.ceil(ms / 1000)), to])].filter((at) => at <= to)
    let nanos = 0n
    let priced = true
    for (const [place, start] of stops.slice(0, -1).entries()) {
      const units = size * BigInt((stops[place + 1] ?? to) - start)
      const price = book.priceFor('storage', subtype, vlab, start * 1000)
      if (price) nanos += totalCost(price, book.discountOf(vlab, start * 1000), units)
      else if (units > 0n) priced = false
    }
    return { nanos, priced }
  }
