import { divideHalfEven } from '../values/decimal.ts'
import { periodBounds } from '../values/period.ts'
import type { Pricing, Resolved } from './book.ts'
import { type DiscountDefinition, isPeriodBased, type PriceVersion } from './definition.ts'
import type { RatedLine } from './line.ts'
import { amountTop, periodProgram } from './program.ts'
import { indexAt } from './timeline.ts'

/** What a project's records of one component came to in a period, in sum. Quantities stand at nine places. */
export type PeriodTotal = {
  readonly component: string
  /** A version that priced these records: then only versions of its key decide, whatever overrides came in between. */
  readonly price?: bigint
  readonly period: string
  readonly quantityTotal: bigint
  readonly chargedTotal: bigint
}

/** Enough to find the price of the period, and what all of it comes to. */
export type Whole = Omit<PeriodTotal, 'chargedTotal'>

const isOfKey = (a: PriceVersion, b: PriceVersion) =>
  a.service === b.service && a.subtype === b.subtype && a.scopeKind === b.scopeKind && a.scope === b.scope

/** The price that the period ended with; where it was ended before, the last one that held in it. */
function lastPricing({ components, zone }: Resolved, { component, period, price }: Whole): Pricing | undefined {
  const timeline = components.find(({ name }) => name === component)?.timeline
  if (!timeline) return undefined
  const known = timeline.values.find((value) => value?.price.id === price)?.price
  const { from, to } = periodBounds(period, zone)
  for (let index = indexAt(timeline, to - 1); index >= 0; index -= 1) {
    const pricing = timeline.values[index]
    if (pricing && (!known || isOfKey(pricing.price, known))) return pricing
    if ((timeline.starts[index] as number) <= from) return undefined
  }
  return undefined
}

/** The price that brings a period to its tiers, and what the whole of it comes to, rounded once. */
export function periodPrice(resolved: Resolved, total: Whole) {
  const pricing = lastPricing(resolved, total)
  if (!pricing || !isPeriodBased(pricing.definition)) return undefined
  const discount = pricing.discount?.definition as DiscountDefinition | undefined
  const { grow, program } = periodProgram(pricing.definition, discount)
  return { pricing, due: divideHalfEven(amountTop(program, total.quantityTotal * grow), program.divisor) }
}

/**
 * Tiers over a period and included volumes: what the whole period comes to, less what its records were charged.
 * One line per project, component and period, so that no record's charge ever depends on its neighbours.
 */
export function trueUp(resolved: Resolved, total: PeriodTotal): RatedLine | undefined {
  const priced = periodPrice(resolved, total)
  if (!priced || priced.due === total.chargedTotal) return undefined
  const { pricing, due } = priced
  return {
    component: total.component,
    part: 0,
    period: total.period,
    price: pricing.price.id,
    quantity: total.quantityTotal,
    nanos: due - total.chargedTotal,
    currency: pricing.definition.currency,
    uses: pricing.uses,
  }
}
