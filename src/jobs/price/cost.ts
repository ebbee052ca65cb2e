import { type Fraction, minus, one, parseFraction } from '../../pricing/fraction.ts'
import { amountTop, type Program, recordProgram } from '../../pricing/program.ts'
import { assert } from '../../values/assert.ts'
import { divideHalfEven } from '../../values/decimal.ts'

export type ServiceType = 'oneshot' | 'longrun' | 'storage'

/** Units above `min` and up to `max` cost `multiplier` each; whoever uses any of them pays `fixed` once. */
export type JobTier = {
  readonly id: string
  readonly min: string
  /** null: there is no end. Above the end of the last tier everything is free. */
  readonly max: string | null
  readonly fixed: string
  readonly multiplier: string
}

/** A price ready to be counted with: its tiers as whole-number arithmetic. */
export type JobPrice = { readonly id: bigint; readonly program: Program }

/** The share that is left to pay. */
export type JobDiscount = { readonly id: bigint; readonly paid: Fraction }

/** By the rules of graduated prices; storage pays by byte and second, whatever its amount, and nothing fixed. */
export function compilePrice(id: bigint, type: ServiceType, tiers: readonly JobTier[]): JobPrice {
  const [first] = tiers
  assert(first, 'a price has a tier')
  const graduated = tiers.map(({ max, fixed, multiplier }) => ({ upTo: max, price: multiplier, fixed }))
  if (tiers.at(-1)?.max !== null) graduated.push({ upTo: null, price: '0', fixed: '0' })
  const model = type === 'storage' ? { flat: { price: first.multiplier } } : { graduated }
  const { program } = recordProgram({ currency: '', quantity: 'units', ...model }, 1n, undefined)
  return { id, program }
}

export function compileDiscount(id: bigint, discount: string): JobDiscount {
  const share = parseFraction(discount)
  assert(share, `not a discount: ${discount}`)
  return { id, paid: minus(one, share) }
}

/**
 * What a job owes for all its units so far, in nanos, rounded once. What is to be charged or given back now is this
 * less what was charged before: a sum of parts would be rounded at each, and drift.
 */
export function totalCost({ program }: JobPrice, discount: JobDiscount | undefined, units: bigint): bigint {
  const { top, bottom } = discount ? discount.paid : one
  return divideHalfEven(amountTop(program, units) * top, program.divisor * bottom)
}

/** What a job was charged for its units so far. */
export type ChargedSoFar = { readonly units: bigint; readonly charged: bigint }

/**
 * The same where each charge has the discount of its moment: what was used since costs what holds now, and what was charged
 * before stays. When less was used than was told, the share that was not used goes back.
 */
export function costAtCharge(
  price: JobPrice,
  discount: JobDiscount | undefined,
  before: ChargedSoFar,
  units: bigint,
): bigint {
  if (units === before.units) return before.charged
  const [then, now] = [before.units, units].map((each) => totalCost(price, undefined, each)) as [bigint, bigint]
  if (now < then) return divideHalfEven(before.charged * now, then)
  const { top, bottom } = discount ? discount.paid : one
  return before.charged + divideHalfEven((now - then) * top, bottom)
}
