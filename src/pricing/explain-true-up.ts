import { nanosText } from '../values/money.ts'
import type { Resolved } from './book.ts'
import { quantityUnit } from './compile.ts'
import type { DiscountDefinition, PriceVersion } from './definition.ts'
import { priceByHand, type Row } from './explain.ts'
import { type Fraction, fraction, fractionText, isLess, minus, one, times, zero } from './fraction.ts'
import { decimal, discountFactor } from './program.ts'
import { periodPrice, type Whole } from './true-up.ts'

/** What a whole period comes to by its tiers and included volume: each number is exact until the one rounding. */
export type ExplainedPeriod = {
  readonly version: PriceVersion
  readonly discount: PriceVersion | undefined
  readonly formula: string
  readonly unit: string | undefined
  readonly quantity: string
  readonly included: string | undefined
  /** What of the quantity is priced. */
  readonly priced: string
  readonly rows: readonly Row[]
  readonly discountPercent: string | undefined
  readonly unrounded: string
  readonly rounded: string
  readonly nanos: bigint
}

/** The steps to what a period comes to; undefined where no price over a period holds any more. */
export function explainPeriod(resolved: Resolved, total: Whole): ExplainedPeriod | undefined {
  const found = periodPrice(resolved, total)
  if (!found) return undefined
  const { definition, discount, price: version } = found.pricing
  const quantity = fraction(total.quantityTotal, quantityUnit)
  const priced = less(quantity, decimal(definition.included ?? '0'))
  const byHand = priceByHand(definition, priced)
  const reduced = discount?.definition as DiscountDefinition | undefined
  return {
    version,
    discount,
    formula: definition.quantity,
    unit: definition.unit,
    quantity: fractionText(quantity),
    included: definition.included,
    priced: fractionText(priced),
    rows: byHand.rows,
    discountPercent: reduced?.percent,
    unrounded: fractionText(times(byHand.total, reduced ? discountFactor(reduced) : one)),
    rounded: nanosText(found.due),
    nanos: found.due,
  }
}

const less = (quantity: Fraction, included: Fraction): Fraction =>
  isLess(included, quantity) ? minus(quantity, included) : zero
