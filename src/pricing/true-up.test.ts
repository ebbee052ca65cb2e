import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { nanosText } from '../values/money.ts'
import { quantityUnit } from './compile.ts'
import type { PriceDefinition, PriceVersion } from './definition.ts'
import { priceByHand } from './explain.ts'
import { fraction, times, toPlaces } from './fraction.ts'
import { rate } from './rate.ts'
import { discount, on, resolved, usage, version } from './testing.ts'
import { trueUp } from './true-up.ts'

const core = 'cpu_core_seconds'
const period = '2026-11-01'
const cpu = { currency: 'THB', quantity: core }
const graduated = {
  ...cpu,
  base: 'period',
  graduated: [
    { upTo: '100', price: '2' },
    { upTo: null, price: '1', fixed: '5' },
  ],
}

/** The records of a period charged one by one, and the line that comes on top. */
function month(versions: readonly PriceVersion[], quantities: readonly string[]) {
  const prices = resolved(versions)
  const lines = quantities.flatMap((quantity) => {
    const rating = rate(prices, usage({ [core]: quantity }))
    return rating.outcome === 'charged' ? rating.lines : []
  })
  const quantityTotal = lines.reduce((sum, { quantity }) => sum + quantity, 0n)
  const chargedTotal = lines.reduce((sum, { nanos }) => sum + nanos, 0n)
  const line = trueUp(prices, { component: 'cpu', period, quantityTotal, chargedTotal })
  return { lines, quantityTotal, chargedTotal, line, total: chargedTotal + (line?.nanos ?? 0n) }
}

test('records pay the price of the first tier, and the period adds the difference once', () => {
  const { lines, line, total } = month([version('cpu', graduated)], ['60', '60', '60'])
  assert.deepEqual(
    lines.map(({ nanos }) => nanosText(nanos)),
    ['120', '120', '120'],
  )
  assert.equal(nanosText(total), '285')
  assert.equal(nanosText(line?.nanos as bigint), '-75')
  assert.equal(line?.period, period)
  assert.equal(line?.price, lines[0]?.price)
})

test('an included volume is given back at the end of the period', () => {
  const included = { ...cpu, flat: { price: '3', per: '10' }, included: '100' }
  assert.equal(nanosText(month([version('cpu', included)], ['60', '30']).total), '0')
  assert.equal(nanosText(month([version('cpu', included)], ['60', '50']).total), '3')
})

test('packages over a period are counted over all of it', () => {
  const packages = { ...cpu, base: 'period', package: { size: '100', price: '7' } }
  const { chargedTotal, total } = month([version('cpu', packages)], ['60', '60', '60'])
  assert.equal(nanosText(chargedTotal), '21')
  assert.equal(nanosText(total), '14')
})

test('a charge does not depend on its neighbours', () => {
  const alone = month([version('cpu', graduated)], ['60']).lines[0]
  const crowded = month([version('cpu', graduated)], ['500', '60', '900'])
  assert.equal(crowded.lines[1]?.nanos, alone?.nanos)
})

test('there is no line where nothing differs, and none for a price over records', () => {
  assert.equal(month([version('cpu', graduated)], ['60']).line, undefined)
  assert.equal(month([version('cpu', { ...graduated, base: 'record' })], ['60', '60']).line, undefined)
  assert.equal(
    trueUp(resolved([version('cpu', graduated)]), { component: 'gpu', period, quantityTotal: 1n, chargedTotal: 1n }),
    undefined,
  )
})

test('the price that the period ended with decides; one that begins later does not', () => {
  const total = { component: 'cpu', period, quantityTotal: 180n * quantityUnit, chargedTotal: 0n }
  const later = version(
    'cpu',
    { ...graduated, graduated: [{ upTo: null, price: '9' }] },
    { validFrom: on('2026-12-01') },
  )
  const ended = version('cpu', null, { validFrom: on('2026-11-20') })
  assert.equal(nanosText(trueUp(resolved([version('cpu', graduated), later]), total)?.nanos as bigint), '285')
  assert.equal(nanosText(trueUp(resolved([version('cpu', graduated), ended]), total)?.nanos as bigint), '285')
  const before = version('cpu', null, { validFrom: on('2026-11-01') })
  assert.equal(trueUp(resolved([version('cpu', graduated), before]), total), undefined)
})

test('an override that begins in the middle takes nothing from what the price before it owes', () => {
  const tiered = version('cpu', graduated)
  const override = version(
    'cpu',
    { ...cpu, flat: { price: '9' } },
    { scopeKind: 'project', scope: 'prj-1', validFrom: on('2026-11-20') },
  )
  const total = { component: 'cpu', period, quantityTotal: 180n * quantityUnit, chargedTotal: 0n }
  assert.equal(trueUp(resolved([tiered, override]), total), undefined)
  assert.equal(nanosText(trueUp(resolved([tiered, override]), { ...total, price: tiered.id })?.nanos as bigint), '285')
})

test('records and true-up together are what the whole period costs, whatever the records and the discount', () => {
  const bound = fc.integer({ min: 1, max: 1000 }).map(String)
  const price = fc.integer({ min: 0, max: 1000 }).map(String)
  const tiers = fc.tuple(bound, price, price, price).map(([upTo, first, next, fixed]) => [
    { upTo, price: first, per: '7' },
    { upTo: null, price: next, per: '3', fixed },
  ])
  const definition = fc.oneof(
    tiers.map((each) => ({ ...cpu, base: 'period' as const, graduated: each })),
    tiers.map((each) => ({ ...cpu, base: 'period' as const, volume: each })),
    fc.tuple(tiers, bound).map(([each, included]) => ({ ...cpu, included, graduated: each })),
    fc
      .tuple(bound, price, bound)
      .map(([size, each, included]) => ({ ...cpu, included, package: { size, price: each } })),
  )
  const quantities = fc.array(fc.integer({ min: 0, max: 500 }).map(String), { maxLength: 10 })
  fc.assert(
    fc.property(
      definition,
      quantities,
      fc.integer({ min: 0, max: 100 }),
      (model: PriceDefinition, records, percent) => {
        const { total, quantityTotal } = month([version('cpu', model), discount(String(percent))], records)
        const billed = fraction(quantityTotal - BigInt(model.included ?? '0') * quantityUnit, quantityUnit)
        const due = times(priceByHand(model, billed).total, fraction(BigInt(100 - percent), 100n))
        assert.equal(total, toPlaces(due, 9))
      },
    ),
  )
})
