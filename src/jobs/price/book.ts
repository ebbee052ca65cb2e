import {
  compileDiscount,
  compilePrice,
  type JobDiscount,
  type JobPrice,
  type JobTier,
  type ServiceType,
} from './cost.ts'

/** From `from` up to, and without, `to`; microseconds, because clients say so much and read it back. */
export type Span = { readonly from: number; readonly to: number | null }
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

type Dated<Thing> = Span & { readonly id: bigint; readonly thing: () => Thing }

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
      dated: { id, from, to, thing: once(() => compilePrice(id, type, JSON.parse(tiers) as JobTier[])) },
    }))
    const shares = discounts.map(({ id, from, to, vlab, discount }) => ({
      key: vlab,
      dated: { id, from, to, thing: once(() => compileDiscount(id, discount)) },
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

  /** When, within these two, another price or discount may begin to hold: epoch milliseconds, in order. */
  changesBetween(type: ServiceType, subtype: string, vlab: string, fromMs: number, toMs: number): readonly number[] {
    const spans: readonly (readonly Span[] | undefined)[] = [
      this.#prices.get(priceKey(type, subtype, vlab)),
      this.#prices.get(priceKey(type, subtype, null)),
      this.#discounts.get(vlab),
    ]
    const moments = spans.flatMap((list) => (list ?? []).flatMap(({ from, to }) => (to === null ? [from] : [from, to])))
    const within = moments.map((micros) => Math.ceil(micros / 1000)).filter((ms) => ms > fromMs && ms < toMs)
    return [...new Set(within)].sort((a, b) => a - b)
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

export const newestFirst = (a: { from: number; id: bigint }, b: { from: number; id: bigint }): number =>
  b.from - a.from || (b.id > a.id ? 1 : -1)

const holding = <Thing>(list: readonly Dated<Thing>[] | undefined, atMs: number): Dated<Thing> | undefined =>
  list?.find((dated) => holdsAt(dated, atMs))

export const holdsAt = ({ from, to }: Span, atMs: number): boolean =>
  from <= atMs * 1000 && (to === null || atMs * 1000 < to)

/** Most prices of a book are never asked for. */
function once<Thing>(make: () => Thing): () => Thing {
  let made: Thing | undefined
  return () => (made ??= make())
}
