import {
  type Fraction,
  fraction,
  fractionText,
  minus,
  one,
  parseFraction,
  plus,
  times,
  toPlaces,
  zero,
} from '../../pricing/fraction.ts'
import { assert } from '../../values/assert.ts'
import { nanosText } from '../../values/money.ts'
import type { JobTier, ServiceType } from '../price/cost.ts'

/** What one tier has to do with a cost: its share of the units, and what they come to. */
export type CostPart = {
  readonly tier: JobTier
  readonly units: bigint
  readonly amount: string
}

/** How an amount comes about, step by step; nothing is rounded but the end. */
export type ExplainedCost = {
  readonly parts: readonly CostPart[]
  readonly sum: string
  /** After the discount. */
  readonly exact: string
  readonly amount: string
  /** For people: `1.5 + 0.01 × 7200 = 73.5; 73.5 × (1 − 0.2) = 58.8`. */
  readonly formula: string
}

/** The cost of so many units by the tiers of a price, as `totalCost` counts it. */
export function explainCost(
  type: ServiceType,
  tiers: readonly JobTier[],
  discount: string | undefined,
  units: bigint,
): ExplainedCost {
  const parts = type === 'storage' ? [flat(tiers, units)] : tiers.flatMap((tier) => part(tier, units))
  const sum = parts.reduce((all, { value }) => plus(all, value), zero)
  const exact = discount === undefined ? sum : times(sum, minus(one, shareOf(discount)))
  const amount = nanosText(toPlaces(exact, 9))
  const [sumText, exactText] = [fractionText(sum), fractionText(exact)]
  const steps = [`${parts.map(({ text }) => text).join(' + ') || '0'} = ${sumText}`]
  if (discount !== undefined) steps.push(`${sumText} × (1 − ${discount}) = ${exactText}`)
  if (amount !== exactText) steps.push(`${exactText} is rounded to ${amount}`)
  return {
    parts: parts.map(({ tier, units: share, value }) => ({ tier, units: share, amount: fractionText(value) })),
    sum: sumText,
    exact: exactText,
    amount,
    formula: steps.join('; '),
  }
}

type Part = { readonly tier: JobTier; readonly units: bigint; readonly value: Fraction; readonly text: string }

/** A tier is reached by whoever uses more than where it begins: then its fixed cost counts, and its share of the units. */
function part(tier: JobTier, units: bigint): Part[] {
  const min = BigInt(tier.min)
  const max = tier.max === null ? units : BigInt(tier.max)
  const share = (units < max ? units : max) - min
  if (units <= min) return []
  const value = plus(shareOf(tier.fixed), times(shareOf(tier.multiplier), fraction(share)))
  const text = `${tier.fixed === '0' ? '' : `${tier.fixed} + `}${tier.multiplier} × ${share}`
  return [{ tier, units: share, value, text }]
}

/** Storage pays by byte and second alone, however much it is. */
function flat(tiers: readonly JobTier[], units: bigint): Part {
  const [tier] = tiers
  assert(tier, 'a price has a tier')
  const value = times(shareOf(tier.multiplier), fraction(units))
  return { tier, units, value, text: `${tier.multiplier} × ${units}` }
}

function shareOf(text: string): Fraction {
  const read = parseFraction(text)
  assert(read, `not a decimal: ${text}`)
  return read
}
