import { assert } from '../values/assert.ts'
import { divideHalfEven } from '../values/decimal.ts'
import { quantityUnit } from './compile.ts'
import { type DiscountDefinition, isPeriodBased, type PriceDefinition, type Tier } from './definition.ts'
import { type Fraction, fraction, lcm, minus, one, over, parseFraction, plus, times, zero } from './fraction.ts'

/**
 * What a quantity costs, as whole-number arithmetic: a quantity is n / bottom, an amount (base + slope × n) /
 * divisor nanos, with base and slope of the tier that n falls into. The discount is already in them.
 */
export type Piece = { readonly upTo: bigint | null; readonly base: bigint; readonly slope: bigint }
export type Program = {
  readonly pieces: readonly Piece[]
  /** For packages: n is first rounded up to a whole number of them. */
  readonly packageSize: bigint | undefined
  /** Quantity that costs nothing, taken off first. */
  readonly included: bigint
  readonly fixed: bigint
  readonly divisor: bigint
}

type Line = { readonly upTo: Fraction | null; readonly base: Fraction; readonly slope: Fraction }
type Shape = { lines: Line[]; packageSize?: Fraction; included?: Fraction; fixed?: Fraction }

const nanosPerUnit = fraction(1_000_000_000n)

export function decimal(text: string): Fraction {
  const value = parseFraction(text)
  assert(value, `not a decimal in a saved price: ${text}`)
  return value
}

const slopeOf = ({ price, per = '1' }: { price: string; per?: string }) => over(decimal(price), decimal(per))

/** Each tier prices what falls into it, so its line starts where the one before it ends. */
function graduatedLines(tiers: readonly Tier[]): Line[] {
  let from = zero
  let owed = zero
  return tiers.map((tier) => {
    const slope = slopeOf(tier)
    const reached = plus(owed, decimal(tier.fixed ?? '0'))
    const line = {
      upTo: tier.upTo === null ? null : decimal(tier.upTo),
      base: minus(reached, times(slope, from)),
      slope,
    }
    if (line.upTo) {
      owed = plus(reached, times(slope, minus(line.upTo, from)))
      from = line.upTo
    }
    return line
  })
}

const volumeLines = (tiers: readonly Tier[]): Line[] =>
  tiers.map((tier) => ({
    upTo: tier.upTo === null ? null : decimal(tier.upTo),
    base: decimal(tier.fixed ?? '0'),
    slope: slopeOf(tier),
  }))

/** The model in full: over one record, or over all of a period. */
function fullShape(price: PriceDefinition): Shape {
  const more = {
    ...(price.fixed === undefined ? {} : { fixed: decimal(price.fixed) }),
    ...(price.included === undefined ? {} : { included: decimal(price.included) }),
  }
  if (price.graduated) return { lines: graduatedLines(price.graduated), ...more }
  if (price.volume) return { lines: volumeLines(price.volume), ...more }
  if (price.package) {
    const { size, price: each } = price.package
    return { lines: [{ upTo: null, base: zero, slope: decimal(each) }], packageSize: decimal(size), ...more }
  }
  assert(price.flat, 'a saved price has one model')
  return { lines: [{ upTo: null, base: zero, slope: slopeOf(price.flat) }], ...more }
}

/** Of a price that looks at a whole period, one record pays the first tier's price; the true-up does the rest. */
export function inRecords(price: PriceDefinition): PriceDefinition {
  if (!isPeriodBased(price)) return price
  const { included: _included, base: _base, graduated, volume, ...rest } = price
  const first = (graduated ?? volume)?.[0]
  return first ? { ...rest, flat: { price: first.price, per: first.per ?? '1' } } : rest
}

export const discountFactor = (discount: DiscountDefinition | undefined): Fraction =>
  discount ? minus(one, over(decimal(discount.percent), fraction(100n))) : one

/** The factor by which a quantity's bottom must grow so that every bound of the shape is a whole number of parts. */
function growth({ lines, packageSize, included }: Shape, bottom: bigint): bigint {
  const bounds = [...lines.map((line) => line.upTo), packageSize, included].filter((bound) => !!bound)
  return bounds.reduce((common, bound) => lcm(common, bound.bottom), bottom) / bottom
}

function link(shape: Shape, bottom: bigint, discount: DiscountDefinition | undefined): Program {
  const { packageSize, included = zero } = shape
  const worth = times(nanosPerUnit, discountFactor(discount))
  const perPart = packageSize ? worth : over(worth, fraction(bottom))
  const lines = shape.lines.map((line) => ({
    upTo: line.upTo,
    base: times(line.base, worth),
    slope: times(line.slope, perPart),
  }))
  const fixed = times(shape.fixed ?? zero, worth)
  const divisor = lines.reduce((common, { base, slope }) => lcm(lcm(common, base.bottom), slope.bottom), fixed.bottom)
  const whole = (value: Fraction, unit: bigint) => (value.top * unit) / value.bottom
  return {
    pieces: lines.map(({ upTo, base, slope }) => ({
      upTo: upTo && whole(upTo, bottom),
      base: whole(base, divisor),
      slope: whole(slope, divisor),
    })),
    packageSize: packageSize && whole(packageSize, bottom),
    included: whole(included, bottom),
    fixed: whole(fixed, divisor),
    divisor,
  }
}

/** For records: `grow` times the formula's own bottom is the bottom that the program counts in. */
export function recordProgram(price: PriceDefinition, bottom: bigint, discount: DiscountDefinition | undefined) {
  const shape = fullShape(inRecords(price))
  const grow = growth(shape, bottom)
  return { grow, program: link(shape, bottom * grow, discount) }
}

/** For the total of a period, which is a decimal at nine places. */
export function periodProgram(price: PriceDefinition, discount: DiscountDefinition | undefined) {
  const shape = fullShape(price)
  const grow = growth(shape, quantityUnit)
  return { grow, program: link(shape, quantityUnit * grow, discount) }
}

/** Unrounded: the amount of n parts, over the program's divisor. Nothing used costs nothing. */
export function amountTop({ pieces, packageSize, included }: Program, parts: bigint): bigint {
  let n = included === 0n ? parts : parts - included
  if (n <= 0n) return 0n
  let piece = pieces[0] as Piece
  if (packageSize !== undefined) n = (n + packageSize - 1n) / packageSize
  else for (let next = 1; piece.upTo !== null && n > piece.upTo; next += 1) piece = pieces[next] as Piece
  return piece.base + piece.slope * n
}

/** The one rounding of a charge line. */
export const roundedNanos = (program: Program, top: bigint): bigint => divideHalfEven(top, program.divisor)
