import { nanosText } from '../values/money.ts'
import type { Pricing, Resolved } from './book.ts'
import type { DiscountDefinition, PriceDefinition, PriceVersion, Tier } from './definition.ts'
import { metersOf, parseFormula } from './formula.ts'
import {
  ceiling,
  type Fraction,
  fraction,
  fractionText,
  isLess,
  minus,
  one,
  over,
  plus,
  times,
  zero,
} from './fraction.ts'
import type { RatedLine, Usage } from './line.ts'
import type { NotCharged } from './policy.ts'
import { decimal, discountFactor, inRecords } from './program.ts'
import { rate } from './rate.ts'
import { owesFixed } from './reason.ts'
import { spanOf } from './split.ts'
import { valueAt } from './timeline.ts'

/** One tier, package or plain price as it was applied, before the discount. All numbers are exact. */
export type Row = {
  readonly tier: string
  readonly quantity: string
  readonly price: string
  readonly per: string
  readonly fixed: string | undefined
  readonly amount: string
}

/** A charge line with everything that made it, for people: each number is exact until the one rounding at the end. */
export type ExplainedLine = RatedLine & {
  readonly version: PriceVersion
  readonly discount: PriceVersion | undefined
  readonly span: { readonly from: number; readonly to: number }
  readonly meters: readonly { readonly name: string; readonly quantity: string; readonly absent: boolean }[]
  readonly formula: string
  readonly formulaWithNumbers: string
  readonly unit: string | undefined
  /** Of the whole record; a part of a split record counts from the one before it to the one after. */
  readonly quantityOfRecord: string
  readonly quantityBefore: string
  readonly quantitySoFar: string
  readonly rows: readonly Row[]
  readonly fixed: string | undefined
  readonly discountPercent: string | undefined
  /** What the parts before this one came to. */
  readonly paidBefore: string
  readonly unrounded: string
  readonly rounded: string
}

export type Explanation =
  | { readonly outcome: 'charged'; readonly policy: PriceVersion | undefined; readonly lines: readonly ExplainedLine[] }
  | NotCharged

type Priced = { readonly rows: Row[]; readonly total: Fraction }

function row(tier: string, quantity: Fraction, price: string, per: string, fixed: string | undefined): [Row, Fraction] {
  const amount = plus(times(quantity, over(decimal(price), decimal(per))), decimal(fixed ?? '0'))
  return [{ tier, quantity: fractionText(quantity), price, per, fixed, amount: fractionText(amount) }, amount]
}

const tierText = (from: Fraction, { upTo }: Tier) =>
  upTo === null ? `above ${fractionText(from)}` : `${fractionText(from)} to ${upTo}`

function graduatedRows(tiers: readonly Tier[], quantity: Fraction): [Row, Fraction][] {
  const rows: [Row, Fraction][] = []
  let from = zero
  for (const tier of tiers) {
    if (!isLess(from, quantity)) break
    const end = tier.upTo === null ? quantity : decimal(tier.upTo)
    const used = minus(isLess(quantity, end) ? quantity : end, from)
    rows.push(row(tierText(from, tier), used, tier.price, tier.per ?? '1', tier.fixed))
    from = end
  }
  return rows
}

function volumeRow(tiers: readonly Tier[], quantity: Fraction): [Row, Fraction][] {
  let from = zero
  for (const tier of tiers) {
    if (tier.upTo === null || !isLess(decimal(tier.upTo), quantity)) {
      return [row(`all of it, ${tierText(from, tier)}`, quantity, tier.price, tier.per ?? '1', tier.fixed)]
    }
    from = decimal(tier.upTo)
  }
  return []
}

/** The model as a person would work it out, from its definition: a second account of what the program computes. */
export function priceByHand(price: PriceDefinition, quantity: Fraction): Priced {
  if (!isLess(zero, quantity)) return { rows: [], total: zero }
  let priced: [Row, Fraction][]
  if (price.graduated) priced = graduatedRows(price.graduated, quantity)
  else if (price.volume) priced = volumeRow(price.volume, quantity)
  else if (price.package) {
    const packages = fraction(ceiling(over(quantity, decimal(price.package.size))))
    priced = [row(`packages of ${price.package.size}`, packages, price.package.price, '1', undefined)]
  } else {
    const { price: each = '0', per = '1' } = price.flat ?? {}
    priced = [row('every unit', quantity, each, per, undefined)]
  }
  return { rows: priced.map(([shown]) => shown), total: priced.reduce((sum, [, amount]) => plus(sum, amount), zero) }
}

/** The formula with the record's numbers in the place of its meters. */
function withNumbers(formula: string, quantities: Usage['quantities']): string {
  const meters = metersOf(parseFormula(formula)).sort((a, b) => b.at - a.at)
  return meters.reduce(
    (text, { name, at }) => text.slice(0, at) + (quantities[name] ?? '0') + text.slice(at + name.length),
    formula,
  )
}

/** The lines of `rate`, each with its steps. */
export function explainRating(resolved: Resolved, usage: Usage): Explanation {
  const rated = rate(resolved, usage)
  if (rated.outcome !== 'charged') return rated
  return {
    outcome: 'charged',
    policy: valueAt(resolved.policies, usage.endsAt)?.version,
    lines: rated.lines.map((line) => explainLine(resolved, usage, line)),
  }
}

function pricingOf({ components }: Resolved, line: RatedLine): Pricing {
  const component = components.find(({ name }) => name === line.component)
  return component?.timeline.values.find((value) => value?.uses === line.uses) as Pricing
}

function explainLine(resolved: Resolved, usage: Usage, line: RatedLine): ExplainedLine {
  const pricing = pricingOf(resolved, line)
  const { definition, discount, bottom, meters } = pricing
  const span = spanOf(resolved, usage, line)
  const whole = pricing.evaluate(resolved.slots)
  const length = BigInt(usage.endsAt - usage.startsAt) || 1n
  const share = (to: number) => (to === usage.endsAt ? whole : (whole * BigInt(to - usage.startsAt)) / length)
  const [before, sofar] = [span.from === usage.startsAt ? 0n : share(span.from), share(span.to)]
  const priced = priceByHand(inRecords(definition), fraction(sofar, bottom))
  const paid = priceByHand(inRecords(definition), fraction(before, bottom)).total
  const fixed = span.to === usage.endsAt && owesFixed(pricing, usage) ? definition.fixed : undefined
  const less = discount?.definition as DiscountDefinition | undefined
  const factor = less ? discountFactor(less) : one
  const owed = times(plus(priced.total, decimal(fixed ?? '0')), factor)
  return {
    ...line,
    version: pricing.price,
    discount,
    span,
    meters: meters.map((name) => ({
      name,
      quantity: usage.quantities[name] ?? '0',
      absent: usage.quantities[name] === undefined,
    })),
    formula: definition.quantity,
    formulaWithNumbers: withNumbers(definition.quantity, usage.quantities),
    unit: definition.unit,
    quantityOfRecord: fractionText(fraction(whole, bottom)),
    quantityBefore: fractionText(fraction(before, bottom)),
    quantitySoFar: fractionText(fraction(sofar, bottom)),
    rows: priced.rows,
    fixed,
    discountPercent: less?.percent,
    paidBefore: fractionText(times(paid, factor)),
    unrounded: fractionText(minus(owed, times(paid, factor))),
    rounded: nanosText(line.nanos),
  }
}
