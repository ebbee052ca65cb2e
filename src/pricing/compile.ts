import { type Expression, FormulaError, metersOf, parseFormula } from './formula.ts'
import { type Fraction, fraction, isLess, lcm, minus, one, over, plus, times } from './fraction.ts'

/** Meters arrive as whole numbers at nine places. */
export const quantityPlaces = 9
export const quantityUnit = 10n ** BigInt(quantityPlaces)

/**
 * A formula ready to run: its value is evaluate(slots) / bottom. All denominators are known before the first
 * record, because a divisor is a constant; what is left for each record is whole-number arithmetic.
 */
export type Compiled = {
  readonly bottom: bigint
  readonly evaluate: (slots: readonly bigint[]) => bigint
  readonly meters: readonly string[]
}
type Part = { readonly bottom: bigint; readonly evaluate: (slots: readonly bigint[]) => bigint }

/** The value of an expression without meters; undefined when it names one. */
function constantOf(expression: Expression, formula: string): Fraction | undefined {
  if (expression.kind === 'number') return expression.value
  if (expression.kind === 'meter') return undefined
  if (expression.kind === 'negate') {
    const of = constantOf(expression.of, formula)
    return of && fraction(-of.top, of.bottom)
  }
  if (expression.kind === 'call') {
    const of = expression.of.map((part) => constantOf(part, formula))
    if (of.some((part) => part === undefined)) return undefined
    const largest = expression.name === 'max'
    return (of as Fraction[]).reduce((best, part) => (isLess(best, part) === largest ? part : best))
  }
  const left = constantOf(expression.left, formula)
  const right = constantOf(expression.right, formula)
  if (expression.sign === '/') divisorOf(right, expression, formula)
  if (!left || !right) return undefined
  return { '+': plus, '-': minus, '*': times, '/': over }[expression.sign](left, right)
}

type Division = Extract<Expression, { kind: 'binary' }>

function divisorOf(divisor: Fraction | undefined, { right }: Division, formula: string): Fraction {
  const first = metersOf(right)[0]
  if (!divisor) {
    throw new FormulaError(`a divisor must be a number, and ${first?.name} is a meter`, formula, first?.at ?? right.at)
  }
  if (divisor.top === 0n) throw new FormulaError('a divisor must not be zero', formula, right.at)
  return divisor
}

const constant = (value: Fraction): Part => ({ bottom: value.bottom, evaluate: () => value.top })

/** Brings a part to a denominator that its own divides. */
function raised({ bottom, evaluate }: Part, to: bigint): Part['evaluate'] {
  const factor = to / bottom
  return factor === 1n ? evaluate : (slots) => evaluate(slots) * factor
}

function scaled({ bottom, evaluate }: Part, by: Fraction): Part {
  const { top, bottom: below } = fraction(by.top, by.bottom * bottom)
  return { bottom: below, evaluate: top === 1n ? evaluate : (slots) => evaluate(slots) * top }
}

function sum(left: Part, right: Part, sign: '+' | '-'): Part {
  const bottom = lcm(left.bottom, right.bottom)
  const [a, b] = [raised(left, bottom), raised(right, bottom)]
  return { bottom, evaluate: sign === '+' ? (slots) => a(slots) + b(slots) : (slots) => a(slots) - b(slots) }
}

function extreme(parts: readonly Part[], name: 'max' | 'min'): Part {
  const bottom = parts.reduce((common, part) => lcm(common, part.bottom), 1n)
  const evaluate = parts
    .map((part) => raised(part, bottom))
    .reduce((a, b) => (slots) => {
      const [x, y] = [a(slots), b(slots)]
      return x > y === (name === 'max') ? x : y
    })
  return { bottom, evaluate }
}

function build(expression: Expression, formula: string, slotOf: (meter: string) => number): Part {
  const known = constantOf(expression, formula)
  if (known) return constant(known)
  const part = (of: Expression) => build(of, formula, slotOf)
  if (expression.kind === 'number') return constant(expression.value)
  if (expression.kind === 'meter') {
    const slot = slotOf(expression.name)
    return { bottom: quantityUnit, evaluate: (slots) => slots[slot] as bigint }
  }
  if (expression.kind === 'negate') return scaled(part(expression.of), fraction(-1n))
  if (expression.kind === 'call') return extreme(expression.of.map(part), expression.name)
  const { sign, left, right } = expression
  if (sign === '+' || sign === '-') return sum(part(left), part(right), sign)
  const factor = constantOf(right, formula)
  if (sign === '/') return scaled(part(left), over(one, divisorOf(factor, expression, formula)))
  if (factor) return scaled(part(left), factor)
  const other = constantOf(left, formula)
  if (other) return scaled(part(right), other)
  const [a, b] = [part(left), part(right)]
  return { bottom: a.bottom * b.bottom, evaluate: (slots) => a.evaluate(slots) * b.evaluate(slots) }
}

/** Reads a formula once and turns it into arithmetic; `slotOf` says where a meter's value will stand. */
export function compileFormula(formula: string, slotOf: (meter: string) => number): Compiled {
  const expression = parseFormula(formula)
  const meters = [...new Set(metersOf(expression).map((meter) => meter.name))]
  return { ...build(expression, formula, slotOf), meters }
}
