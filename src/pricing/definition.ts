/** What the three kinds of a price book say. All numbers are exact decimals as text. */
export type Kind = 'price' | 'policy' | 'discount'
export type ScopeKind = 'default' | 'tier' | 'organisation' | 'project' | 'person'

/** The least to the most specific: the last one that has a version wins. */
export const scopeKinds: readonly ScopeKind[] = ['default', 'tier', 'organisation', 'project', 'person']

/** `upTo` is the last quantity of this tier; null in the last one. `fixed` is added once when the tier is reached. */
export type Tier = {
  readonly upTo: string | null
  readonly price: string
  readonly per?: string
  readonly fixed?: string
}

/** One component of a price: exactly one of flat, package, graduated and volume is there. */
export type PriceDefinition = {
  readonly currency: string
  /** A formula over meters; everything below counts in what it yields. */
  readonly quantity: string
  /** What the quantity is called on paper. */
  readonly unit?: string
  readonly flat?: { readonly price: string; readonly per?: string }
  /** Each package begun is paid in full. */
  readonly package?: { readonly size: string; readonly price: string }
  /** Each tier prices what falls into it. */
  readonly graduated?: readonly Tier[]
  /** The tier that the whole quantity reaches prices all of it. */
  readonly volume?: readonly Tier[]
  /** Added once to each record. */
  readonly fixed?: string
  /** What the tiers look at; one record when absent. */
  readonly base?: 'record' | 'period'
  /** So much of a project's quantity in a period costs nothing. */
  readonly included?: string
  /** A record that lacks a meter of the formula counts it as zero, or waits as unpriced. */
  readonly absent?: 'zero' | 'unpriced'
}

export type Verdict = 'charge' | 'free'

/** Which end states cost something, and what happens to usage that crosses a price change or the end of a period. */
export type PolicyDefinition = {
  readonly endStates?: Readonly<Record<string, Verdict>>
  readonly otherwise?: Verdict
  readonly crossing?: 'end' | 'split'
}

export type DiscountDefinition = { readonly percent: string }

/** From `validFrom` on this holds for its key, until the next version of the same key; null: nothing holds. */
export type PriceVersion = {
  readonly id: bigint
  readonly kind: Kind
  readonly service: string
  /** '*': every subtype that has no version of its own. */
  readonly subtype: string
  readonly component: string
  readonly scopeKind: ScopeKind
  /** The tier's name or the party's UUID; '' for everybody. */
  readonly scope: string
  readonly validFrom: number
  readonly definition: object | null
  /** Of several versions with one start, the greatest counts; the others were never used. */
  readonly revision: number
  /** The revision of the whole book that brought this version in. */
  readonly book: number
}

export const isPeriodBased = (price: PriceDefinition): boolean =>
  price.base === 'period' || price.included !== undefined

/** Where no policy says otherwise: what the site's own failures interrupted costs nothing. */
export const freeStates: readonly string[] = ['NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED']
