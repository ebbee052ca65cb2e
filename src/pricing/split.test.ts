import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { decimalText } from '../values/decimal.ts'
import { nanosText } from '../values/money.ts'
import type { PriceVersion } from './definition.ts'
import type { RatedLine, Usage } from './line.ts'
import { rate } from './rate.ts'
import { flat, hour, on, policy, resolved, usage, version } from './testing.ts'

const core = 'cpu_core_seconds'
const splits = policy({ crossing: 'split' })

function lines(versions: readonly PriceVersion[], used: Usage): readonly RatedLine[] {
  const rating = rate(resolved(versions), used)
  assert.ok(rating.outcome === 'charged', 'reason' in rating ? rating.reason : '')
  return rating.lines
}
const shown = (versions: readonly PriceVersion[], used: Usage) =>
  lines(versions, used).map(({ component, part, period, quantity, nanos }) => {
    return `${component} ${part} ${period} ${decimalText(quantity, 9)} ${nanosText(nanos)}`
  })
const sum = (numbers: readonly bigint[]) => numbers.reduce((total, number) => total + number, 0n)
const during = (from: number, to: number, quantity: string): Usage =>
  usage({ [core]: quantity }, { startsAt: from, endsAt: to })

test('usage over the end of a month is split there, by time', () => {
  const midnight = on('2026-12-01')
  const used = during(midnight - hour, midnight + 3 * hour, '4')
  assert.deepEqual(shown([version('cpu', flat(core, '1')), splits], used), [
    'cpu 0 2026-11-01 1 1',
    'cpu 1 2026-12-01 3 3',
  ])
  assert.deepEqual(shown([version('cpu', flat(core, '1'))], used), ['cpu 0 2026-12-01 4 4'])
})

test('usage over a price change pays each price for its part of the time, component by component', () => {
  const change = on('2026-11-10')
  const book = [
    version('cpu', flat(core, '1')),
    version('cpu', flat(core, '2'), { validFrom: change }),
    version('memory', flat(`${core} * 2`, '1')),
    splits,
  ]
  assert.deepEqual(shown(book, during(change - 3 * hour, change + hour, '4')), [
    'cpu 0 2026-11-01 3 3',
    'cpu 1 2026-11-01 1 2',
    'memory 0 2026-11-01 8 8',
  ])
})

test('usage that ends with the old price, or with the month, is not split and stays in it', () => {
  const change = on('2026-12-01')
  const book = [version('cpu', flat(core, '1')), version('cpu', flat(core, '2'), { validFrom: change }), splits]
  assert.deepEqual(shown(book, during(change - hour, change, '4')), ['cpu 0 2026-11-01 4 4'])
  assert.deepEqual(shown(book, during(change, change + hour, '4')), ['cpu 0 2026-12-01 4 8'])
  assert.deepEqual(shown(book, during(change, change, '4')), ['cpu 0 2026-12-01 4 8'])
})

test('tiers of one record go on from part to part, and the fixed part is paid once, with the last', () => {
  const midnight = on('2026-12-01')
  const tiers = {
    currency: 'THB',
    quantity: core,
    graduated: [
      { upTo: '2', price: '1' },
      { upTo: null, price: '10' },
    ],
    fixed: '0.5',
  }
  const used = during(midnight - hour, midnight + hour, '6')
  assert.deepEqual(shown([version('cpu', tiers), splits], used), ['cpu 0 2026-11-01 3 12', 'cpu 1 2026-12-01 3 30.5'])
})

test('a part of the time without any price makes the whole record wait, not free', () => {
  const change = on('2026-11-10')
  const book = [version('cpu', flat(core, '1')), version('cpu', null, { validFrom: change }), splits]
  const rating = rate(resolved(book), during(change - hour, change + hour, '2'))
  assert.match('reason' in rating ? rating.reason : '', /^no price for slurm batch in tier mu for the time at which /)
})

test('the parts add up to the whole, in quantity and in money, wherever they are cut', () => {
  const models = fc.constantFrom(
    flat(core, '1', '3'),
    {
      currency: 'THB',
      quantity: `${core} / 7`,
      graduated: [
        { upTo: '10', price: '1', per: '3' },
        { upTo: null, price: '0.7' },
      ],
      fixed: '0.1',
    },
    {
      currency: 'THB',
      quantity: `max(${core}, 5) / 11`,
      volume: [
        { upTo: '3', price: '2' },
        { upTo: null, price: '1', per: '7' },
      ],
    },
    { currency: 'THB', quantity: core, package: { size: '13', price: '1' } },
  )
  const start = fc.integer({ min: 0, max: 100_000 })
  const length = fc.integer({ min: 1, max: 400_000_000 })
  fc.assert(
    fc.property(models, start, length, fc.bigInt(1n, 10n ** 15n), (model, from, seconds, nanoQuantity) => {
      const startsAt = on('2026-10-30') + from * 1000
      const used = during(startsAt, startsAt + seconds * 1000, decimalText(nanoQuantity, 9))
      const whole = lines([version('cpu', model)], used)
      const parts = lines([version('cpu', model), splits], used)
      assert.equal(sum(parts.map(({ quantity }) => quantity)), sum(whole.map(({ quantity }) => quantity)))
      assert.equal(sum(parts.map(({ nanos }) => nanos)), sum(whole.map(({ nanos }) => nanos)))
      assert.deepEqual(
        parts.map(({ part }) => part),
        [...parts.keys()],
      )
    }),
  )
})

test('the policy that split the usage decided its charges, and so did one that only let it be charged', () => {
  const midnight = on('2026-12-01')
  const ends = policy({ crossing: 'end' })
  for (const deciding of [splits, ends]) {
    const rating = rate(
      resolved([version('cpu', flat(core, '1')), deciding]),
      during(midnight - hour, midnight + hour, '4'),
    )
    assert.ok(rating.outcome === 'charged')
    assert.deepEqual(rating.uses, [deciding.id])
    assert.equal(rating.lines.length, deciding === splits ? 2 : 1)
  }
})
