import { divideCeiling } from '../../values/decimal.ts'
import type { Micros } from '../lax/moment.ts'
import {
  compileDiscount,
  compilePrice,
  type JobDiscount,
  type JobPrice,
  type JobTier,
  type ServiceType,
} from './cost.ts'

/** From `from` up to, and without, `to`; microseconds, because clients say so much and read it back. */
export type Span = { readonly from: Micros; readonly to: Micros | null }
export type StoredPrice = Span & {
  readonly id: bigint
  readonly type: ServiceType
  readonly subtype: string
  /** null: for every virtual lab that has no price of its own then. */
  readonly vlab: string | null
  /** JSON of JobTier[]. */
  readonly tiers: string
}
export type StoredDiscount = Span & { readonly id: bigint; readonly vlab: string; readonly discount: string }
/** What a job does; a legacy one is still used, and gets no new prices and reservations. */
export type Subtype = { readonly name: string; readonly legacy: boolean }

export type StoredBook = {
  readonly prices: readonly StoredPrice[]
  readonly discounts: readonly StoredDiscount[]
  /** In the order in which they are listed. */
  readonly subtypes: readonly Subtype[]
}

/** Moments are asked for in milliseconds; what begins within one holds from the next. */
type Dated<Thing> = {
  readonly id: bigint
  readonly from: Micros
  readonly fromMs: number
  readonly toMs: number
  readonly thing: () => Thing
}

/** All prices and discounts of jobs as of one moment. Rows may overlap: the one that began last holds, then the newest. */
export class JobPriceBook {
  readonly subtypes: readonly Subtype[]
  readonly #prices = new Map<string, Dated<JobPrice>[]>()
  readonly #discounts = new Map<string, Dated<JobDiscount>[]>()
  readonly #priceById: ReadonlyMap<bigint, Dated<JobPrice>>
  readonly #discountById: ReadonlyMap<bigint, Dated<JobDiscount>>

  constructor({ prices, discounts, subtypes }: StoredBook) {
    this.subtypes = subtypes
    const compiled = prices.map(({ id, from, to, type, tiers, ...key }) => ({
      key: priceKey(type, key.subtype, key.vlab),
      dated: {
        id,
        from,
        ...msOf({ from, to }),
        thing: once(() => compilePrice(id, type, JSON.parse(tiers) as JobTier[])),
      },
    }))
    const shares = discounts.map(({ id, from, to, vlab, discount }) => ({
      key: vlab,
      dated: { id, from, ...msOf({ from, to }), thing: once(() => compileDiscount(id, discount)) },
    }))
    fill(this.#prices, compiled)
    fill(this.#discounts, shares)
    this.#priceById = new Map(compiled.map(({ dated }) => [dated.id, dated]))
    this.#discountById = new Map(shares.map(({ dated }) => [dated.id, dated]))
  }

  /** What holds then for the virtual lab, else for all. */
  priceFor(type: ServiceType, subtype: string, vlab: string, atMs: number): JobPrice | undefined {
    return (
      holding(this.#prices.get(priceKey(type, subtype, vlab)), atMs) ??
      holding(this.#prices.get(priceKey(type, subtype, null)), atMs)
    )?.thing()
  }

  discountOf(vlab: string, atMs: number): JobDiscount | undefined {
    return holding(this.#discounts.get(vlab), atMs)?.thing()
  }

  /** All that it ever had. */
  discountsOf(vlab: string): readonly JobDiscount[] {
    return (this.#discounts.get(vlab) ?? []).map(({ thing }) => thing())
  }

  /** When, within these two, another price or discount may begin to hold: epoch milliseconds, in order. */
  changesBetween(type: ServiceType, subtype: string, vlab: string, fromMs: number, toMs: number): readonly number[] {
    const lists: readonly (readonly Dated<unknown>[] | undefined)[] = [
      this.#prices.get(priceKey(type, subtype, vlab)),
      this.#prices.get(priceKey(type, subtype, null)),
      this.#discounts.get(vlab),
    ]
    const moments = lists.flatMap((list) => (list ?? []).flatMap((dated) => [dated.fromMs, dated.toMs]))
    return [...new Set(moments.filter((ms) => ms > fromMs && ms < toMs))].sort((a, b) => a - b)
  }

  /**
   * The price that a job was reserved with, whatever holds now. Undefined where another process added it less than a
   * second ago: say `changed()` to the prices, and ask their book again.
   */
  price(id: bigint): JobPrice | undefined {
    return this.#priceById.get(id)?.thing()
  }

  discount(id: bigint): JobDiscount | undefined {
    return this.#discountById.get(id)?.thing()
  }
}

const priceKey = (type: ServiceType, subtype: string, vlab: string | null): string => `${type} ${vlab} ${subtype}`

/** The first that holds is the one that counts. */
function fill<Thing>(
  map: Map<string, Dated<Thing>[]>,
  things: readonly { readonly key: string; readonly dated: Dated<Thing> }[],
): void {
  for (const { key, dated } of things) {
    const found = map.get(key)
    if (found) found.push(dated)
    else map.set(key, [dated])
  }
  for (const list of map.values()) list.sort(newestFirst)
}

type Placed = { readonly from: Micros; readonly id: bigint }
export const newestFirst = (a: Placed, b: Placed): number =>
  a.from === b.from ? (b.id > a.id ? 1 : -1) : b.from > a.from ? 1 : -1

const holding = <Thing>(list: readonly Dated<Thing>[] | undefined, atMs: number): Dated<Thing> | undefined =>
  list?.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)

export function holdsAt(span: Span, atMs: number): boolean {
  const { fromMs, toMs } = msOf(span)
  return fromMs <= atMs && atMs < toMs
}

const msOf = ({ from, to }: Span) => ({
  fromMs: nextMs(from),
  toMs: to === null ? Number.POSITIVE_INFINITY : nextMs(to),
})
const nextMs = (micros: Micros): number => Number(divideCeiling(micros, 1000n))

/** Most prices of a book are never asked for. */
function once<Thing>(make: () => Thing): () => Thing {
  let made: Thing | undefined
  return () => (made ??= make())
}
