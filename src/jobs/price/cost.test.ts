import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { divideHalfEven, parseDecimal } from '../../values/decimal.ts'
import { nanosText } from '../../values/money.ts'
import { compileDiscount, compilePrice, type JobTier, type ServiceType, totalCost } from './cost.ts'

const tier = (min: string, max: string | null, multiplier: string, fixed = '0'): JobTier => ({
  id: '1',
  min,
  max,
  fixed,
  multiplier,
})
const costOf = (tiers: readonly JobTier[], units: bigint, discount?: string, type: ServiceType = 'oneshot') =>
  nanosText(totalCost(compilePrice(1n, type, tiers), discount ? compileDiscount(2n, discount) : undefined, units))

test('each tier prices what falls into it, and its fixed cost once when it is entered', () => {
  const tiers = [tier('0', '10', '2', '100'), tier('10', '20', '1', '50'), tier('20', null, '0.5')]
  const known = [
    [0n, '0'],
    [1n, '102'],
    [10n, '120'],
    [11n, '171'],
    [20n, '180'],
    [24n, '182'],
  ] as const
  for (const [units, cost] of known) assert.equal(costOf(tiers, units), cost, `${units} units`)
})

test('beyond the end of the last tier everything is free', () => {
  assert.equal(costOf([tier('0', '10', '2', '1')], 10n), '21')
  assert.equal(costOf([tier('0', '10', '2', '1')], 10n ** 30n), '21')
  assert.equal(costOf([tier('0', '0', '2', '1')], 5n), '1', 'of no units, only the entrance is paid')
})

test('storage pays the first multiplier for each byte and second, and nothing fixed', () => {
  const tiers = [tier('0', '10', '0.000000000000000002', '7'), tier('10', null, '1', '9')]
  assert.equal(costOf(tiers, 10n ** 12n * 3600n, undefined, 'storage'), '0.0072')
})

test('the discount is taken off the total, and the total is rounded once, half to even', () => {
  assert.equal(costOf([tier('0', null, '0.01', '1.5')], 7200n, '0.2'), '58.8')
  assert.equal(costOf([tier('0', null, '1')], 5n, '1'), '0')
  assert.equal(costOf([tier('0', null, '0.0000000005')], 1n), '0')
  assert.equal(costOf([tier('0', null, '0.0000000005')], 3n), '0.000000002')
  assert.equal(costOf([tier('0', null, '0.0000000001')], 5n, '0.5'), '0')
  assert.equal(costOf([tier('0', null, '0.1234567890123456789012345678')], 10n ** 15n), '123456789012345.678901235')
})

/** The rule as people read it, from a to b, at twelve places. */
function naive(tiers: readonly JobTier[], a: bigint, b: bigint): bigint {
  let sum = 0n
  for (const { min, max, multiplier, fixed } of tiers) {
    const [from, to] = [BigInt(min), max === null ? b : BigInt(max)]
    if (b <= from || (a >= to && max !== null)) continue
    const overlap = (b < to ? b : to) - (a > from ? a : from)
    if (overlap > 0n) sum += overlap * (parseDecimal(multiplier, 12) as bigint)
    if (a <= from) sum += parseDecimal(fixed, 12) as bigint
  }
  return sum
}

const price = fc
  .array(fc.tuple(fc.bigInt(1n, 50n), fc.bigInt(0n, 10n ** 13n), fc.bigInt(0n, 10n ** 13n)), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((bands) => fc.boolean().map((isOpen) => tiersOf(bands, isOpen)))
function tiersOf(bands: readonly (readonly [bigint, bigint, bigint])[], isOpen: boolean): JobTier[] {
  let from = 0n
  return bands.map(([width, multiplier, fixed], place) => {
    const min = from
    from += width
    const text = (part: bigint) => `${part / 10n ** 12n}.${String(part % 10n ** 12n).padStart(12, '0')}`
    const max = isOpen && place === bands.length - 1 ? null : String(from)
    return tier(String(min), max, text(multiplier), text(fixed))
  })
}

test('charged in any steps, a job has paid in the end what its units cost by the rule, and got back what was too much', () => {
  fc.assert(
    fc.property(
      price,
      fc.array(fc.bigInt(0n, 300n), { minLength: 1 }),
      fc.bigInt(0n, 100n),
      (tiers, stops, percent) => {
        const compiled = compilePrice(1n, 'longrun', tiers)
        const discount = compileDiscount(2n, `${percent / 100n}.${String(percent % 100n).padStart(2, '0')}`)
        let [units, charged, ruled] = [0n, 0n, 0n]
        for (const next of stops) {
          charged += totalCost(compiled, discount, next) - charged
          ruled += next >= units ? naive(tiers, units, next) : -naive(tiers, next, units)
          units = next
        }
        assert.equal(charged, divideHalfEven(ruled * (100n - percent), 100_000n))
        assert.equal(ruled, naive(tiers, 0n, units), 'splitting never changes the sum')
      },
    ),
  )
})
