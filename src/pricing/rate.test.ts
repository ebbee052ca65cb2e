import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { nanosText } from '../values/money.ts'
import { decimalText } from '../values/decimal.ts'
import type { PriceVersion } from './definition.ts'
import type { Usage } from './line.ts'
import { rate } from './rate.ts'
import { discount, flat, hour, on, policy, resolved, usage, version } from './testing.ts'

const core = 'cpu_core_seconds'

/** Lines as `component quantity amount`, or the reason why there are none. */
function shown(versions: readonly PriceVersion[], used: Usage, who = {}): string | string[] {
  const rating = rate(resolved(versions, who), used)
  if (rating.outcome !== 'charged') return `${rating.outcome}: ${rating.reason}`
  return rating.lines.map((line) => `${line.component} ${decimalText(line.quantity, 9)} ${nanosText(line.nanos)}`)
}

/** What one component with this definition costs. */
function amount(definition: object, quantity: string, more: PriceVersion[] = []): string {
  const lines = shown(
    [version('cpu', { currency: 'THB', quantity: core, ...definition }), ...more],
    usage({ [core]: quantity }),
  )
  return typeof lines === 'string' ? lines : (lines[0]?.split(' ')[2] as string)
}

const graduated = {
  graduated: [
    { upTo: '100', price: '1' },
    { upTo: '200', price: '0.5' },
    { upTo: null, price: '0.25' },
  ],
}
const volume = { volume: graduated.graduated }
const modelTable: readonly [definition: object, quantity: string, amount: string][] = [
  [{ flat: { price: '1', per: '3600' } }, '7200', '2'],
  [{ flat: { price: '0.1' } }, '0.000000005', '0'],
  [{ flat: { price: '0.1' } }, '0.000000015', '0.000000002'],
  [{ flat: { price: '1', per: '3' } }, '1', '0.333333333'],
  [{ flat: { price: '2', per: '3' } }, '1', '0.666666667'],
  [{ flat: { price: '0' } }, '7', '0'],
  [{ flat: { price: '1' }, fixed: '0.5' }, '2', '2.5'],
  [{ package: { size: '60', price: '3' } }, '1', '3'],
  [{ package: { size: '60', price: '3' } }, '60', '3'],
  [{ package: { size: '60', price: '3' } }, '60.000000001', '6'],
  [{ package: { size: '0.1', price: '3' } }, '0.25', '9'],
  [graduated, '100', '100'],
  [graduated, '101', '100.5'],
  [graduated, '200', '150'],
  [graduated, '1000', '350'],
  [volume, '100', '100'],
  [volume, '100.000000001', '50'],
  [volume, '200', '100'],
  [volume, '1000', '250'],
  [
    {
      graduated: [
        { upTo: '10', price: '0', fixed: '5' },
        { upTo: null, price: '1', fixed: '2' },
      ],
    },
    '10',
    '5',
  ],
  [
    {
      graduated: [
        { upTo: '10', price: '0', fixed: '5' },
        { upTo: null, price: '1', fixed: '2' },
      ],
    },
    '11',
    '8',
  ],
  [
    {
      volume: [
        { upTo: '10', price: '1' },
        { upTo: null, price: '1', per: '2', fixed: '1' },
      ],
    },
    '20',
    '11',
  ],
  [
    {
      graduated: [
        { upTo: '0.333', price: '3', per: '7' },
        { upTo: null, price: '1', per: '3' },
      ],
    },
    '1',
    '0.365047619',
  ],
]

test('each model prices a quantity as its name says', () => {
  for (const [definition, quantity, expected] of modelTable) {
    const text = JSON.stringify(definition)
    assert.equal(amount(definition, quantity), expected, `${text} of ${quantity}`)
  }
})

test('a line is rounded once, half to even, after tiers, fixed part and discount', () => {
  const third = { flat: { price: '1', per: '3' }, fixed: '0.0000000003' }
  // (1/3 + 0.0000000003) × 0.9 = 0.30000000027; rounding in between would have lost the last part.
  assert.equal(amount(third, '1', [discount('10')]), '0.3')
  assert.equal(amount({ flat: { price: '0.0000000005' } }, '1'), '0')
  assert.equal(amount({ flat: { price: '0.0000000015' } }, '1'), '0.000000002')
  assert.equal(amount({ flat: { price: '0.0000000025' } }, '1'), '0.000000002')
  assert.equal(amount({ flat: { price: '0.0000000025' } }, '1', [discount('0.000001')]), '0.000000002')
})

test('graduated tiers cost what pricing unit by unit costs', () => {
  const bounds = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 })
  const prices = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(bounds, prices, fc.integer({ min: 1, max: 400 }), (ends, cents, quantity) => {
      const sorted = ends.sort((a, b) => a - b)
      const graduated = [...sorted, null].map((upTo, index) => {
        return { upTo: upTo === null ? null : String(upTo), price: String(cents[index]), per: '100' }
      })
      let naive = 0
      for (let unit = 1; unit <= quantity; unit += 1) {
        const tier = sorted.findIndex((end) => unit <= end)
        naive += cents[tier < 0 ? sorted.length : tier] as number
      }
      assert.equal(amount({ graduated }, String(quantity)), String(naive / 100))
    }),
  )
})

test('only components that were used make a line, and a meter that the record lacks counts as zero', () => {
  const book = [version('cpu', flat(core, '1', '3600')), version('gpu', flat('gpu_seconds', '5', '3600'))]
  assert.deepEqual(shown(book, usage({ [core]: '3600' })), ['cpu 3600 1'])
  assert.deepEqual(shown(book, usage({ [core]: '3600', gpu_seconds: '0' })), ['cpu 3600 1'])
  assert.deepEqual(shown(book, usage({ [core]: '3600', gpu_seconds: '1.5' })), ['cpu 3600 1', 'gpu 1.5 0.002083333'])
})

test('a component may insist on its meters', () => {
  const book = [
    version('energy', { ...flat('energy_joules', '1'), absent: 'unpriced' }),
    version('cpu', flat(core, '1')),
  ]
  assert.match(String(shown(book, usage({ [core]: '1' }))), /^unpriced: energy: the record has no energy_joules/)
  assert.deepEqual(shown(book, usage({ [core]: '1', energy_joules: '0' })), ['cpu 1 1'])
})

test('a fixed part belongs to records that have its meter, unless nothing was used at all', () => {
  const book = [
    version('cpu', { ...flat(core, '1'), fixed: '10' }),
    version('gpu', { ...flat('gpu_seconds', '1'), fixed: '20' }),
  ]
  assert.deepEqual(shown(book, usage({ [core]: '1' })), ['cpu 1 11'])
  assert.deepEqual(shown(book, usage({ [core]: '0', gpu_seconds: '2' })), ['cpu 0 10', 'gpu 2 22'])
  assert.match(String(shown(book, usage({ [core]: '0', gpu_seconds: '0' }))), /^free: nothing to charge/)
})

test('a fee for each record is owed by records that used anything', () => {
  const book = [version('fee', flat('1', '0.1')), version('surcharge', flat(`${core} + 5`, '1'))]
  assert.deepEqual(shown(book, usage({ [core]: '2' })), ['fee 1 0.1', 'surcharge 7 7'])
  assert.match(String(shown(book, usage({ [core]: '0' }))), /^free: nothing to charge: all quantities are zero/)
  assert.match(String(shown([...book, policy({ crossing: 'split' })], usage({ [core]: '0' }))), /^free/)
})

test('each record without a charge says why', () => {
  const book = [version('cpu', flat(core, '1'))]
  const table: [versions: PriceVersion[], used: Usage, reason: RegExp][] = [
    [book, usage({ [core]: '0', elapsed_seconds: '0' }), /^free: nothing to charge: all quantities are zero$/],
    [book, usage({}), /^free: nothing to charge: all quantities are zero$/],
    [
      book,
      usage({ [core]: '0', elapsed_seconds: '9' }),
      /^free: nothing to charge: all quantities that have a price are zero$/,
    ],
    [book, usage({ energy_joules: '5' }), /^unpriced: no price names any of its meters: energy_joules$/],
    [[], usage({ [core]: '1' }), /^unpriced: no price for slurm batch in tier mu: set one with bursar prices set$/],
    [
      book,
      usage({ [core]: '1' }, { startsAt: 0, endsAt: 5 }),
      /^unpriced: no price for slurm batch in tier mu for the time at which it was used: set one/,
    ],
    [
      [version('cpu', flat('0 - cpu_core_seconds', '1'))],
      usage({ [core]: '1' }),
      /^unpriced: cpu: its quantity .* below zero$/,
    ],
    [
      [version('cpu', flat(core, '1'.padEnd(28, '0')))],
      usage({ [core]: '9'.repeat(12) }),
      /^unpriced: cpu: the amount is larger/,
    ],
  ]
  for (const [versions, used, reason] of table) assert.match(String(shown(versions, used)), reason)
})

test('without a policy the failures of the site are free, and those of the user are charged', () => {
  const book = [version('cpu', flat(core, '1'))]
  const ended = (state: string, more: PriceVersion[] = []) =>
    shown([...book, ...more], usage({ [core]: '1' }, { dimensions: { state } }))
  for (const state of ['NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'])
    assert.equal(ended(state), `free: end state ${state} is free by default`)
  for (const state of 'COMPLETED FAILED TIMEOUT CANCELLED OUT_OF_MEMORY DEADLINE REQUEUED REVOKED'.split(' ')) {
    assert.deepEqual(ended(state), ['cpu 1 1'], state)
  }
  const strict = policy({ endStates: { NODE_FAIL: 'charge', CANCELLED: 'free' } })
  assert.deepEqual(ended('NODE_FAIL', [strict]), ['cpu 1 1'])
  assert.match(String(ended('CANCELLED', [strict])), /free by the policy/)
  assert.match(String(ended('PREEMPTED', [strict])), /^free/)
  const lenient = policy({ endStates: { COMPLETED: 'charge' }, otherwise: 'free' })
  assert.deepEqual(ended('COMPLETED', [lenient]), ['cpu 1 1'])
  assert.match(String(ended('TIMEOUT', [lenient])), /^free/)
})

test('usage without an end state is charged', () => {
  assert.deepEqual(shown([version('cpu', flat(core, '1'))], usage({ [core]: '1' }, { dimensions: {} })), ['cpu 1 1'])
})

test('the version valid at the end of the usage prices all of it', () => {
  const book = [
    version('cpu', flat(core, '1'), { validFrom: on('2026-01-01') }),
    version('cpu', flat(core, '2'), { validFrom: on('2026-11-10') }),
    version('cpu', null, { validFrom: on('2026-12-01') }),
  ]
  const until = (endsAt: number) => shown(book, usage({ [core]: '1' }, { startsAt: endsAt - hour, endsAt }))
  assert.deepEqual(until(on('2026-11-10') - 1), ['cpu 1 1'])
  assert.deepEqual(until(on('2026-11-10')), ['cpu 1 2'])
  assert.deepEqual(until(on('2026-11-10') + hour / 2), ['cpu 1 2'])
  assert.deepEqual(until(on('2026-12-01') - 1), ['cpu 1 2'])
  assert.match(String(until(on('2026-12-01'))), /^unpriced/)
})

test('the period of a line is the local month in which the usage ended', () => {
  const prices = resolved([version('cpu', flat(core, '1'))])
  const period = (endsAt: number) => {
    const rating = rate(prices, usage({ [core]: '1' }, { startsAt: endsAt - hour, endsAt }))
    return rating.outcome === 'charged' && rating.lines[0]?.period
  }
  assert.equal(period(Date.parse('2026-10-31T16:59:59Z')), '2026-10-01')
  assert.equal(period(Date.parse('2026-10-31T17:00:00Z')), '2026-11-01')
})

test('rating is pure: in any order, any number of times, the lines are the same', () => {
  const book = [
    version('cpu', {
      currency: 'THB',
      quantity: `max(${core}, gpu_seconds * 8)`,
      graduated: [
        { upTo: '50', price: '1' },
        { upTo: null, price: '0.9' },
      ],
    }),
    version('gpu', flat('gpu_seconds', '5', '7')),
  ]
  const records = fc.array(fc.record({ [core]: fc.nat(200).map(String), gpu_seconds: fc.nat(9).map(String) }), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(records, (quantities) => {
      const prices = resolved(book)
      const once = quantities.map((each) => rate(prices, usage(each)))
      const again = [...quantities]
        .reverse()
        .map((each) => rate(prices, usage(each)))
        .reverse()
      const apart = quantities.map((each) => rate(resolved(book), usage(each)))
      assert.deepEqual(again, once)
      assert.deepEqual(apart, once)
    }),
  )
})
