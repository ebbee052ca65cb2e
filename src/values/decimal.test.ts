import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decimalText,
  divideCeiling,
  divideFloor,
  divideHalfEven,
  divideHalfUp,
  fixedText,
  parseDecimal,
} from './decimal.ts'

const anyWhole = fc.bigInt(-(10n ** 30n), 10n ** 30n)
const anyPlaces = fc.integer({ min: 0, max: 12 })

test('a decimal written and read again is the same, with all places or as short as it goes', () => {
  fc.assert(
    fc.property(anyWhole, anyPlaces, (whole, places) => {
      assert.equal(parseDecimal(fixedText(whole, places), places), whole)
      assert.equal(parseDecimal(decimalText(whole, places), places), whole)
    }),
  )
})

test('decimals are written as PostgreSQL and people write them', () => {
  assert.equal(fixedText(12_500_000_000n, 9), '12.500000000')
  assert.equal(fixedText(-5n, 9), '-0.000000005')
  assert.equal(fixedText(7n, 0), '7')
  assert.equal(decimalText(12_500_000_000n, 9), '12.5')
  assert.equal(decimalText(-10_000_000_000n, 9), '-10')
  assert.equal(decimalText(100n, 0), '100')
})

test('what is no decimal, or has more places than fit, is not read', () => {
  for (const text of ['', '.', '1.', '.5', '1e3', '0x1', '1,5', ' 1', '1 ', 'NaN', 'Infinity', '--1', '1.2.3', '١']) {
    assert.equal(parseDecimal(text, 9), undefined, text)
  }
  assert.equal(parseDecimal('0.0000000001', 9), undefined)
  assert.equal(parseDecimal('0.0000000010', 9), 1n)
  assert.equal(parseDecimal('-0.5', 9), -500_000_000n)
  assert.equal(parseDecimal('+3', 2), 300n)
})

test('each rounding does with a half what its name says', () => {
  const halves = [-25n, -15n, -5n, 5n, 15n, 25n]
  assert.deepEqual(
    halves.map((half) => divideHalfEven(half, 10n)),
    [-2n, -2n, 0n, 0n, 2n, 2n],
  )
  assert.deepEqual(
    halves.map((half) => divideHalfUp(half, 10n)),
    [-3n, -2n, -1n, 1n, 2n, 3n],
  )
  assert.deepEqual(
    halves.map((half) => divideFloor(half, 10n)),
    [-3n, -2n, -1n, 0n, 1n, 2n],
  )
  assert.deepEqual(
    halves.map((half) => divideCeiling(half, 10n)),
    [-2n, -1n, 0n, 1n, 2n, 3n],
  )
})

test('no rounding is further from the true value than it may be', () => {
  fc.assert(
    fc.property(anyWhole, fc.bigInt(1n, 10n ** 12n), (numerator, denominator) => {
      for (const divide of [divideHalfEven, divideHalfUp]) {
        const twice = 2n * (divide(numerator, denominator) * denominator - numerator)
        assert.ok(-denominator <= twice && twice <= denominator)
      }
      const [floor, ceiling] = [divideFloor(numerator, denominator), divideCeiling(numerator, denominator)]
      assert.ok(floor * denominator <= numerator && numerator <= ceiling * denominator && ceiling - floor <= 1n)
      assert.equal(divideHalfEven(-numerator, denominator), -divideHalfEven(numerator, denominator))
    }),
  )
})
