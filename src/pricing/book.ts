import { compileFormula, quantityUnit } from './compile.ts'
import {
  type DiscountDefinition,
  type Kind,
  type PriceDefinition,
  type PriceVersion,
  type ScopeKind,
  scopeKinds,
} from './definition.ts'
import { type Fraction, fraction } from './fraction.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { type Program, recordProgram } from './program.ts'
import { type Timeline, timelineOf, valueAt } from './timeline.ts'

export type { PriceVersion } from './definition.ts'

/** Whose usage of what is to be priced. Parties are UUIDs. */
export type Who = {
  readonly service: string
  readonly subtype: string
  readonly tier: string
  readonly organisation: string
  readonly project: string
  readonly person: string | null
}

/** One component's price and discount, compiled. */
export type Pricing = {
  readonly component: string
  readonly price: PriceVersion
  readonly definition: PriceDefinition
  readonly discount: PriceVersion | undefined
  readonly meters: readonly string[]
  /** The quantity of a record is evaluate(slots) / bottom. */
  readonly evaluate: (slots: readonly bigint[]) => bigint
  readonly bottom: bigint
  /** What turns parts of `bottom` into parts of nine places. */
  readonly shown: Fraction
  readonly program: Program
  /** Whether more than its quantity decides if a record owes anything for it. */
  readonly careful: boolean
  readonly uses: readonly bigint[]
}

export type Component = { readonly name: string; readonly timeline: Timeline<Pricing> }

export type Resolved = {
  readonly who: Who
  readonly zone: string
  readonly components: readonly Component[]
  readonly policies: Timeline<Policy>
  readonly meters: readonly { readonly name: string; readonly slot: number }[]
  /** Scratch for one record's meters; shared by a whole book, because rating never waits in the middle. */
  readonly slots: bigint[]
}

type Key = { readonly scopeKind: ScopeKind; readonly scope: string; readonly timeline: Timeline<PriceVersion> }
type Shelf = {
  readonly kind: Kind
  readonly service: string
  readonly subtype: string
  readonly component: string
} & Key

export type Book = {
  readonly zone: string
  /** By kind of scope and scope: a party is asked about once, however many others have prices of their own. */
  readonly shelves: ReadonlyMap<string, readonly Shelf[]>
  readonly slots: bigint[]
  readonly slotByMeter: Map<string, number>
  readonly pricings: Map<string, Pricing>
  readonly policies: Map<PriceVersion | undefined, Policy>
  readonly resolved: Map<string, Resolved>
}

const keyOf = ({ kind, service, subtype, component, scopeKind, scope }: PriceVersion) =>
  [kind, service, subtype, component, scopeKind, scope].join('\n')

/** Puts versions in order: a version ends where the next of its key begins, the greatest revision of a start counts. */
export function compileBook(versions: readonly PriceVersion[], zone: string): Book {
  const byKey = Map.groupBy(versions, keyOf)
  const shelves = [...byKey.values()].map((same): Shelf => {
    const newest = new Map<number, PriceVersion>()
    for (const version of same) {
      if (version.revision >= (newest.get(version.validFrom)?.revision ?? 0)) newest.set(version.validFrom, version)
    }
    const holds = (ms: number) => (newest.get(ms)?.definition ? newest.get(ms) : undefined)
    const { kind, service, subtype, component, scopeKind, scope } = same[0] as PriceVersion
    return { kind, service, subtype, component, scopeKind, scope, timeline: timelineOf(newest.keys(), holds) }
  })
  return {
    zone,
    shelves: Map.groupBy(shelves, placeOf),
    slots: [],
    slotByMeter: new Map(),
    pricings: new Map(),
    policies: new Map(),
    resolved: new Map(),
  }
}

const placeOf = ({ scopeKind, scope }: Pick<Shelf, 'scopeKind' | 'scope'>) => `${scopeKind} ${scope}`

const wild = (written: string, asked: string): number => (written === asked ? 1 : written === '*' ? 0 : -1)

/** The most specific first: by scope, then by service, subtype and component, each exact before '*'. */
function ranked(book: Book, kind: Kind, who: Who, component: string | undefined): Shelf[] {
  const scopeOf = { default: '', tier: who.tier, organisation: who.organisation, project: who.project }
  const scopes: Record<ScopeKind, string | null> = { ...scopeOf, person: who.person }
  const own = scopeKinds.flatMap(
    (scopeKind) => book.shelves.get(placeOf({ scopeKind, scope: scopes[scopeKind] ?? '' })) ?? [],
  )
  const rank = (shelf: Shelf) => [
    scopeKinds.indexOf(shelf.scopeKind),
    wild(shelf.service, who.service),
    wild(shelf.subtype, who.subtype),
    component === undefined ? 0 : wild(shelf.component, component),
  ]
  return own
    .filter((shelf) => shelf.kind === kind)
    .map((shelf) => ({ shelf, rank: rank(shelf) }))
    .filter((ranking) => !ranking.rank.includes(-1))
    .sort((a, b) => compareRanks(b.rank, a.rank))
    .map((ranking) => ranking.shelf)
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((rank, index) => rank !== b[index])
  return place < 0 ? 0 : (a[place] as number) - (b[place] as number)
}

const startsOf = (shelves: readonly Shelf[]) => shelves.flatMap((shelf) => shelf.timeline.starts)

/** The first of the ranked keys that says anything at that moment: where an override ends, the general one holds. */
function holding(shelves: readonly Shelf[], ms: number): PriceVersion | undefined {
  for (const { timeline } of shelves) {
    const version = valueAt(timeline, ms)
    if (version) return version
  }
  return undefined
}

function slotOf(book: Book, meter: string): number {
  let slot = book.slotByMeter.get(meter)
  if (slot === undefined) {
    slot = book.slots.push(0n) - 1
    book.slotByMeter.set(meter, slot)
  }
  return slot
}

function pricingOf(book: Book, price: PriceVersion, discount: PriceVersion | undefined): Pricing {
  const key = `${price.id} ${discount?.id ?? ''}`
  const known = book.pricings.get(key)
  if (known) return known
  const definition = price.definition as PriceDefinition
  const { evaluate, bottom, meters } = compileFormula(definition.quantity, (meter) => slotOf(book, meter))
  const less = discount?.definition as DiscountDefinition | undefined
  const { grow, program } = recordProgram(definition, bottom, less)
  const pricing: Pricing = {
    component: price.component,
    price,
    definition,
    discount,
    meters,
    evaluate: grow === 1n ? evaluate : (slots) => evaluate(slots) * grow,
    bottom: bottom * grow,
    shown: fraction(quantityUnit, bottom * grow),
    program,
    careful: definition.absent === 'unpriced' || evaluate(book.slots.map(() => 0n)) > 0n,
    uses: discount ? [price.id, discount.id] : [price.id],
  }
  book.pricings.set(key, pricing)
  return pricing
}

function componentOf(book: Book, name: string, prices: readonly Shelf[], who: Who): Component {
  const shelves = prices.filter((shelf) => shelf.component === name)
  const discounts = ranked(book, 'discount', who, name)
  const timeline = timelineOf([...startsOf(shelves), ...startsOf(discounts)], (ms) => {
    const price = holding(shelves, ms)
    return price && pricingOf(book, price, holding(discounts, ms))
  })
  return { name, timeline }
}

function policiesOf(book: Book, who: Who): Timeline<Policy> {
  const shelves = ranked(book, 'policy', who, undefined)
  return timelineOf([Number.NEGATIVE_INFINITY, ...startsOf(shelves)], (ms) => {
    const version = holding(shelves, ms)
    const known = book.policies.get(version) ?? compilePolicy(version)
    book.policies.set(version, known)
    return known
  })
}

/** The prices, discounts and policies of all times for one kind of usage by one party; remembered by the book. */
export function resolve(book: Book, who: Who): Resolved {
  // Parties without a version of their own are all alike, so that a million people need no million entries.
  const own = (scopeKind: ScopeKind, scope: string | null) =>
    scope !== null && book.shelves.has(placeOf({ scopeKind, scope })) ? scope : ''
  const { service, subtype, tier } = who
  const key = [
    service,
    subtype,
    tier,
    own('organisation', who.organisation),
    own('project', who.project),
    own('person', who.person),
  ].join('\n')
  const known = book.resolved.get(key)
  if (known) return known

  const prices = ranked(book, 'price', who, undefined)
  const names = [...new Set(prices.map((shelf) => shelf.component))].sort()
  const components = names.map((name) => componentOf(book, name, prices, who))
  const meters = new Set(components.flatMap(({ timeline }) => timeline.values.flatMap((value) => value?.meters ?? [])))
  const resolved = {
    who,
    zone: book.zone,
    components,
    policies: policiesOf(book, who),
    meters: [...meters].map((name) => ({ name, slot: slotOf(book, name) })),
    slots: book.slots,
  }
  book.resolved.set(key, resolved)
  return resolved
}
