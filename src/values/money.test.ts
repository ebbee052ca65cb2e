import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { divideHalfEven } from './decimal.ts'
import { isCurrency, nanosFixed, nanosFrom, nanosMax, nanosText, parseNanos, roundToPlaces, split } from './money.ts'

const anyNanos = fc.bigInt(-nanosMax + 1n, nanosMax - 1n)
const sum = (parts: readonly bigint[]) => parts.reduce((total, part) => total + part, 0n)

test('the parts of a split add up to the whole, and none is off by more than one nano', () => {
  const weights = fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(anyNanos, weights, (nanos, parts) => {
      const total = sum(parts)
      fc.pre(total > 0n)
      const given = split(nanos, parts)
      assert.equal(sum(given), nanos)
      for (const [index, part] of given.entries()) {
        const off = part * total - nanos * (parts[index] as bigint)
        assert.ok(-total < off && off < total)
      }
    }),
  )
})

test('a split without any weight is a bug', () => {
  assert.throws(() => split(1n, []))
  assert.throws(() => split(1n, [0n, 0n]))
})

test('parts rounded for a document add up to the half-even rounded whole', () => {
  const parts = fc.array(fc.record({ key: fc.string({ maxLength: 3 }), nanos: anyNanos }), { maxLength: 40 })
  fc.assert(
    fc.property(parts, fc.integer({ min: 0, max: 9 }), (given, places) => {
      const unit = 10n ** BigInt(9 - places)
      const rounded = roundToPlaces(given, places)
      const whole = sum(given.map((part) => part.nanos))
      assert.equal(sum(rounded.map((part) => part.nanos)), divideHalfEven(whole, unit) * unit)
      for (const [index, { key, nanos }] of rounded.entries()) {
        assert.equal(key, given[index]?.key)
        assert.equal(nanos % unit, 0n)
        const off = nanos - (given[index]?.nanos as bigint)
        assert.ok(-unit < off && off <= unit)
      }
    }),
  )
})

test('the cent that is left goes to the part that lost most, and among equals to the first key', () => {
  const third = 3_333_333_333n
  const parts = ['c', 'a', 'b'].map((key) => ({ key, nanos: third }))
  assert.deepEqual(
    roundToPlaces(parts, 2).map(({ nanos }) => nanosText(nanos)),
    ['3.33', '3.34', '3.33'],
  )
  const uneven = [
    { key: 'a', nanos: 1_001_000_000n },
    { key: 'b', nanos: 1_009_000_000n },
  ]
  assert.deepEqual(
    roundToPlaces(uneven, 2).map(({ nanos }) => nanosText(nanos)),
    ['1', '1.01'],
  )
})

test('money is read exactly, and refused when it is out of range', () => {
  assert.equal(parseNanos('4.37'), 4_370_000_000n)
  assert.equal(parseNanos('0.0000000001'), undefined)
  assert.equal(parseNanos('99999999999999999999.999999999'), nanosMax - 1n)
  assert.equal(parseNanos('100000000000000000000'), undefined)
  assert.equal(parseNanos('-100000000000000000000'), undefined)
  assert.equal(nanosFixed(-1n), '-0.000000001')
  assert.equal(nanosFrom('12.500000000'), 12_500_000_000n)
  assert.throws(() => nanosFrom('NaN'))
})

test('a currency is an ISO code, or CREDIT', () => {
  for (const good of ['THB', 'EUR', 'CREDIT']) assert.ok(isCurrency(good))
  for (const bad of ['thb', 'TH', '', 'TH B', '1HB', 'CREDITSSS']) assert.ok(!isCurrency(bad))
})
