import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { divideHalfEven } from '../values/decimal.ts'
import { explainRating, type ExplainedLine } from './explain.ts'
import type { Usage } from './line.ts'
import { rate } from './rate.ts'
import { discount, hour, on, policy, resolved, usage, version } from './testing.ts'

const core = 'cpu_core_seconds'
const tiers = {
  currency: 'THB',
  quantity: 'max(cpu_core_seconds, memory_byte_seconds / 4294967296) / 3600',
  unit: 'core-hour',
  graduated: [
    { upTo: '10', price: '1' },
    { upTo: null, price: '0.7', per: '3' },
  ],
  fixed: '0.5',
}

function explained(versions: Parameters<typeof resolved>[0], used: Usage): readonly ExplainedLine[] {
  const explanation = explainRating(resolved(versions), used)
  assert.ok(explanation.outcome === 'charged')
  return explanation.lines
}

test('an explanation shows every number between the record and the amount', () => {
  const price = version('cpu', tiers)
  const less = discount('10')
  const [line] = explained([price, less], usage({ [core]: '43200' }))
  assert.ok(line)
  assert.equal(line.version, price)
  assert.equal(line.discount, less)
  assert.equal(line.formulaWithNumbers, 'max(43200, 0 / 4294967296) / 3600')
  assert.deepEqual(line.meters, [
    { name: 'cpu_core_seconds', quantity: '43200', absent: false },
    { name: 'memory_byte_seconds', quantity: '0', absent: true },
  ])
  assert.equal(line.quantityOfRecord, '12')
  assert.deepEqual(
    line.rows.map(({ tier, quantity, amount }) => [tier, quantity, amount]),
    [
      ['0 to 10', '10', '10'],
      ['above 10', '2', '7/15'],
    ],
  )
  assert.equal(line.fixed, '0.5')
  assert.equal(line.discountPercent, '10')
  assert.equal(line.unrounded, '9.87')
  assert.equal(line.rounded, '9.87')
  assert.equal(line.unit, 'core-hour')
})

test('what has no decimal is shown as a fraction, never rounded before the end', () => {
  const price = version('cpu', { currency: 'THB', quantity: core, flat: { price: '1', per: '3' } })
  const [line] = explained([price], usage({ [core]: '1' }))
  assert.equal(line?.unrounded, '1/3')
  assert.equal(line?.rounded, '0.333333333')
})

test('a part of a split record shows what the running total came to before and after it', () => {
  const midnight = on('2026-12-01')
  const used = usage({ [core]: '43200' }, { startsAt: midnight - hour, endsAt: midnight + 2 * hour })
  const [first, second] = explained([version('cpu', tiers), policy({ crossing: 'split' })], used)
  assert.deepEqual(first?.span, { from: midnight - hour, to: midnight })
  assert.deepEqual([first?.quantityBefore, first?.quantitySoFar, first?.unrounded], ['0', '4', '4'])
  assert.deepEqual([second?.quantityBefore, second?.quantitySoFar, second?.paidBefore], ['4', '12', '4'])
  assert.equal(second?.unrounded, '209/30')
})

test('what is not charged is explained by its reason', () => {
  const explanation = explainRating(resolved([version('cpu', tiers)]), usage({ [core]: '0' }))
  assert.deepEqual(explanation, { outcome: 'free', reason: 'nothing to charge: all quantities are zero', uses: [] })
})

test('the steps by hand come to what was charged, and the lines are those of rating', () => {
  const models = fc.constantFrom<object>(
    { flat: { price: '1', per: '3600' }, fixed: '0.01' },
    { package: { size: '7', price: '0.3' } },
    { graduated: tiers.graduated },
    {
      volume: [
        { upTo: '10', price: '1', fixed: '0.1' },
        { upTo: null, price: '0.7', per: '3' },
      ],
    },
    { graduated: tiers.graduated, base: 'period' },
    { flat: { price: '1', per: '7' }, included: '10' },
  )
  fc.assert(
    fc.property(
      models,
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 0, max: 100 }),
      (model, quantity, percent) => {
        const prices = resolved([
          version('cpu', { currency: 'THB', quantity: `${core} / 11`, ...model }),
          discount(String(percent)),
        ])
        const used = usage({ [core]: String(quantity) })
        const explanation = explainRating(prices, used)
        const rating = rate(prices, used)
        assert.ok(explanation.outcome === 'charged' && rating.outcome === 'charged')
        for (const [index, line] of explanation.lines.entries()) {
          assert.deepEqual({ ...line, ...rating.lines[index] }, line)
          const [top, bottom = '1'] = line.unrounded.split('/') as [string, string?]
          const [whole, places = ''] = top.split('.') as [string, string?]
          const unit = 10n ** BigInt(places.length)
          assert.equal(divideHalfEven(BigInt(whole + places) * 1_000_000_000n, unit * BigInt(bottom)), line.nanos)
        }
      },
    ),
  )
})
