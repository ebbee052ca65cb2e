import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileFormula } from './compile.ts'
import { FormulaError, formulaLengthMax } from './formula.ts'

const names = ['cpu_core_seconds', 'memory_byte_seconds', 'gpu_seconds']
const compile = (formula: string) => compileFormula(formula, (meter) => names.indexOf(meter))
const nine = (value: number | bigint) => BigInt(value) * 10n ** 9n

/** `top/bottom` in lowest terms, of whole-number meters. */
function valueOf(formula: string, ...meters: (number | bigint)[]): string {
  const { evaluate, bottom } = compile(formula)
  return lowest([evaluate(meters.map(nine)), bottom])
}

type Ratio = readonly [bigint, bigint]
const divisor = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : divisor(b, a % b))
function lowest([top, bottom]: Ratio): string {
  const common = divisor(top, bottom) * (bottom < 0n ? -1n : 1n)
  return `${top / common}/${bottom / common}`
}

test('the formula of the documentation comes out exactly', () => {
  const formula = 'max(cpu_core_seconds, memory_byte_seconds / 4294967296) * 0.02 / 3600 + gpu_seconds * 1.5 / 3600'
  assert.equal(valueOf(formula, 7200, 0, 3600), '77/50')
  assert.equal(valueOf(formula, 3600, 4294967296n * 36_000n, 0), '1/5')
  assert.equal(valueOf(formula, 1, 0, 0), '1/180000')
})

test('signs bind as on paper', () => {
  assert.equal(valueOf('1 + 2 * 3'), '7/1')
  assert.equal(valueOf('(1 + 2) * 3'), '9/1')
  assert.equal(valueOf('8 - 3 - 2'), '3/1')
  assert.equal(valueOf('8 / 4 / 2'), '1/1')
  assert.equal(valueOf('8 / 4 * 2'), '4/1')
  assert.equal(valueOf('-2 * -3'), '6/1')
  assert.equal(valueOf('--2 - -3'), '5/1')
  assert.equal(valueOf('-cpu_core_seconds + 3', 1), '2/1')
  assert.equal(valueOf('max(1, 5, 3) - min(4, 2)'), '3/1')
  assert.equal(valueOf('cpu_core_seconds / (1 - 3)', 3), '-3/2')
})

test('meters may be multiplied with each other', () => {
  assert.equal(valueOf('cpu_core_seconds * gpu_seconds / 6', 4, 0, 9), '6/1')
})

test('numbers are exact, however many digits they have', () => {
  assert.equal(valueOf('0.1 + 0.2'), '3/10')
  assert.equal(valueOf('cpu_core_seconds * 0.0000000000000000000000000001', 1), `1/1${'0'.repeat(28)}`)
  assert.equal(valueOf('cpu_core_seconds / 3 * 3', 1), '1/1')
})

/** A random expression, and what a naive evaluator with a fraction at every step makes of it. */
type Sample = { readonly text: string; readonly value: (meters: readonly bigint[]) => Ratio }
const constantText = fc
  .tuple(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 0, max: 5 }))
  .map(([number, places]) => {
    const digits = String(number).padStart(places + 1, '0')
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
    return { text, value: (): Ratio => [BigInt(number), 10n ** BigInt(places)] }
  })
const apply: Record<'+' | '-' | '*' | '/' | 'max' | 'min', (a: Ratio, b: Ratio) => Ratio> = {
  '+': ([a, b], [c, d]) => [a * d + c * b, b * d],
  '-': ([a, b], [c, d]) => [a * d - c * b, b * d],
  '*': ([a, b], [c, d]) => [a * c, b * d],
  '/': ([a, b], [c, d]) => (c < 0n ? [-a * d, -b * c] : [a * d, b * c]),
  max: (a, b) => (a[0] * b[1] > b[0] * a[1] ? a : b),
  min: (a, b) => (a[0] * b[1] < b[0] * a[1] ? a : b),
}
const { sample } = fc.letrec<{ sample: Sample }>((tie) => {
  const meter = fc.integer({ min: 0, max: 2 }).map((index): Sample => {
    return { text: names[index] as string, value: (meters) => [meters[index] as bigint, 1n] }
  })
  const pair = fc.tuple(tie('sample'), tie('sample'))
  const binary = fc
    .tuple(fc.constantFrom('+' as const, '-' as const, '*' as const), pair)
    .map(([sign, [a, b]]): Sample => {
      return {
        text: `(${a.text} ${sign} ${b.text})`,
        value: (m) => apply[sign](a.value(m), b.value(m)),
      }
    })
  const call = fc.tuple(fc.constantFrom('max' as const, 'min' as const), pair).map(([name, [a, b]]): Sample => {
    return {
      text: `${name}(${a.text}, ${b.text})`,
      value: (m) => apply[name](a.value(m), b.value(m)),
    }
  })
  const division = fc.tuple(tie('sample'), constantText).map(([a, b]): Sample => {
    return {
      text: `${a.text} / (${b.text} + 1)`,
      value: (m) => apply['/'](a.value(m), apply['+'](b.value(), [1n, 1n])),
    }
  })
  const negated = tie('sample').map(
    (a): Sample => ({ text: `-(${a.text})`, value: (m) => apply['-']([0n, 1n], a.value(m)) }),
  )
  return { sample: fc.oneof({ maxDepth: 5 }, meter, constantText, binary, call, division, negated) }
})

test('whatever the formula, it is worth what a naive evaluator makes of it', () => {
  const meters = fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(sample, meters, ({ text, value }, values) => {
      fc.pre(text.length <= formulaLengthMax)
      assert.equal(valueOf(text, ...values), lowest(value(values)))
    }),
    { numRuns: 2000 },
  )
})

const mistakes: readonly [formula: string, at: number, reason: RegExp][] = [
  ['', 0, /empty/],
  ['   ', 3, /empty/],
  ['gpu_seconds +', 13, /ends too early/],
  ['gpu_seconds * * 2', 14, /missing before '\*'/],
  ['+ 2', 0, /missing before '\+'/],
  ['gpu_seconds 2', 12, /operator is missing before '2'/],
  ['2 gpu_seconds', 2, /operator is missing/],
  ['(gpu_seconds', 0, /never closed/],
  ['gpu_seconds)', 11, /never opened/],
  ['max(gpu_seconds', 3, /of max is never closed/],
  ['max gpu_seconds', 4, /needs parentheses/],
  ['max()', 4, /missing before '\)'/],
  ['avg(gpu_seconds)', 0, /no function 'avg'/],
  ['gpu_seconds, 2', 11, /comma/],
  ['(gpu_seconds, 2)', 12, /comma/],
  ['gpu_seconds / cpu_core_seconds', 14, /divisor must be a number, and cpu_core_seconds is a meter/],
  ['gpu_seconds / (2 * (3 - cpu_core_seconds))', 24, /divisor must be a number/],
  ['gpu_seconds / 0', 14, /must not be zero/],
  ['gpu_seconds / (2 - 1 - 1)', 21, /must not be zero/],
  ['gpu_seconds * (1 / 0)', 19, /must not be zero/],
  ['.5 * gpu_seconds', 0, /write 0.5/],
  ['1.2.3', 0, /not a number/],
  ['1. * gpu_seconds', 0, /not a number/],
  ['1e9 * gpu_seconds', 0, /without an exponent/],
  ['gpu_seconds % 2', 12, /no % here/],
  ['gpu_seconds ^ 2', 12, /no \^ here/],
  ['gpu_seconds × 2', 12, /use \+ - \* \//],
  ['gpu_seconds; drop', 11, /does not belong/],
  ['gpu_seconds 💰', 12, /'💰' does not belong/],
  [`${'('.repeat(40)}gpu_seconds${')'.repeat(40)}`, 32, /nested deeper than 32/],
  [`${'-'.repeat(40)}gpu_seconds`, 32, /nested deeper than 32/],
  [`1${'0'.repeat(38)} * gpu_seconds`, 0, /at most 38 digits/],
  ['gpu_seconds'.padEnd(501), 500, /at most 500 characters/],
]

test('a mistake is named, and the caret stands under its character', () => {
  for (const [formula, at, reason] of mistakes) {
    assert.throws(
      () => compile(formula),
      (error) => {
        assert.ok(error instanceof FormulaError, formula)
        assert.match(error.reason, reason)
        assert.equal(error.at, at, formula)
        assert.equal(error.pointed.split('\n')[1], `${' '.repeat(at)}^`)
        assert.match(error.message, new RegExp(`at character ${at + 1} of the formula`))
        return true
      },
    )
  }
})

test('no text makes the reader do anything but read it or point at a mistake', () => {
  const pieces = fc.constantFrom(
    ...names,
    'max',
    'min',
    '(',
    ')',
    ',',
    '+',
    '-',
    '*',
    '/',
    '0',
    '1.5',
    ' ',
    'é',
    '__proto__',
  )
  const noise = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(noise, (text) => {
      try {
        compileFormula(text, () => 0)
      } catch (error) {
        assert.ok(error instanceof FormulaError)
        assert.ok(error.at >= 0 && error.at <= text.length)
      }
    }),
    { numRuns: 2000 },
  )
})
