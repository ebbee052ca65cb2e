import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { PriceVersion } from './definition.ts'
import { planPrices, type Wanted } from './plan.ts'
import { flat, on, version, zone } from './testing.ts'

const price = (amount: string) => flat('cpu_core_seconds', amount)
const included = { ...price('1'), included: '5' }

let line = 0
const wanted = (from: string, definition: object | null, more: Partial<Wanted> = {}): Wanted => ({
  kind: 'price',
  service: 'slurm',
  subtype: '*',
  component: 'cpu',
  scopeKind: 'default',
  scope: '',
  scopeId: '',
  from: on(from),
  to: undefined,
  definition,
  line: (line += 1),
  column: 1,
  ...more,
})
const held = (from: string, definition: object | null, more: Partial<PriceVersion> = {}) =>
  version('cpu', definition, { validFrom: on(from), ...more })

function plan(entries: readonly Wanted[], versions: readonly PriceVersion[] = [], used: readonly PriceVersion[] = []) {
  const { changes, mistakes } = planPrices(entries, versions, new Set(used.map(({ id }) => id)), zone)
  const shown = changes.map(({ what, version: { validFrom, definition } }) => {
    const amount = definition && 'flat' in definition ? (definition.flat as { price: string }).price : 'nothing'
    return `${what} ${new Date(validFrom + 25_200_000).toISOString().slice(0, 10)} ${amount}`
  })
  return { shown, mistakes: mistakes.map(({ message }) => message), changes }
}

test('a version ends where the next of its key begins', () => {
  const entries = [wanted('2026-01-01', price('1'), { to: on('2026-06-01') }), wanted('2026-06-01', price('2'))]
  assert.deepEqual(plan(entries).shown, ['add 2026-01-01 1', 'add 2026-06-01 2'])
})

test('an end that no version follows is written down as an end', () => {
  const entries = [wanted('2026-01-01', price('1'), { to: on('2026-06-01') })]
  assert.deepEqual(plan(entries).shown, ['add 2026-01-01 1', 'end 2026-06-01 nothing'])
})

test('the same file again changes nothing', () => {
  const versions = [held('2026-01-01', price('1')), held('2026-06-01', null)]
  assert.deepEqual(plan([wanted('2026-01-01', price('1'), { to: on('2026-06-01') })], versions).shown, [])
  assert.deepEqual(plan([wanted('2026-06-01', null)], versions).shown, [])
})

test('overlaps and gaps are refused, within the file and against the book', () => {
  const first = wanted('2026-01-01', price('1'), { to: on('2026-06-01') })
  const overlap = /this runs to 2026-06-01 .* the next version begins at 2026-05-01 .* they overlap/
  const gap = /from 2026-06-01 .* to 2026-07-01 .* nothing would hold: end it there, or write an entry with ended: true/
  assert.match(String(plan([first, wanted('2026-05-01', price('2'))]).mistakes), overlap)
  assert.match(String(plan([first], [held('2026-05-01', price('2'))]).mistakes), overlap)
  assert.match(String(plan([first, wanted('2026-07-01', price('2'))]).mistakes), gap)
  assert.match(String(plan([first], [held('2026-07-01', price('2'))]).mistakes), gap)
})

test('a gap that is meant is written as an end of its own', () => {
  const entries = [
    wanted('2026-01-01', price('1'), { to: on('2026-06-01') }),
    wanted('2026-06-01', null),
    wanted('2026-07-01', price('2')),
  ]
  assert.deepEqual(plan(entries).shown, ['add 2026-01-01 1', 'end 2026-06-01 nothing', 'add 2026-07-01 2'])
})

test('two entries of one key and beginning are refused', () => {
  assert.match(
    String(plan([wanted('2026-01-01', price('1')), wanted('2026-01-01', price('1'))]).mistakes),
    /twice, also in line/,
  )
})

test('keys do not see each other', () => {
  const entries = [
    wanted('2026-01-01', price('1')),
    wanted('2026-01-01', price('2'), { component: 'gpu' }),
    wanted('2026-01-01', price('3'), { subtype: 'debug' }),
    wanted('2026-01-01', price('4'), { scopeKind: 'tier', scope: 'mu', scopeId: 'mu' }),
  ]
  assert.deepEqual(plan(entries).mistakes, [])
  assert.equal(plan(entries).shown.length, 4)
})

test('an unused version may be replaced, at its own beginning', () => {
  const version1 = held('2026-01-01', price('1'), { revision: 3 })
  const { shown, changes } = plan([wanted('2026-01-01', price('2'))], [version1])
  assert.deepEqual(shown, ['replace 2026-01-01 2'])
  assert.equal(changes[0]?.version.revision, 4)
  assert.equal(changes[0]?.before, version1)
})

test('a used version never changes, and the remedy is named', () => {
  const used = held('2026-01-01', price('1'))
  for (const definition of [price('2'), null]) {
    const { mistakes } = plan([wanted('2026-01-01', definition)], [used], [used])
    assert.match(
      String(mistakes),
      /has already priced usage, and a used version never changes\. Start a new version later/,
    )
  }
  assert.deepEqual(plan([wanted('2026-01-01', price('1'))], [used], [used]).mistakes, [])
})

test('a new version may begin inside a used one, with a note that what was rated stays', () => {
  const used = held('2026-01-01', price('1'))
  const { shown, changes } = plan([wanted('2026-06-01', price('2'))], [used], [used])
  assert.deepEqual(shown, ['add 2026-06-01 2'])
  assert.match(changes[0]?.note ?? '', /stays so until it is rated again/)
})

test('nothing can end that never began', () => {
  assert.match(String(plan([wanted('2026-01-01', null)]).mistakes), /nothing of this holds before/)
})

test('what counts over a period begins and ends with a month, and never belongs to a person', () => {
  assert.deepEqual(plan([wanted('2026-05-01', included, { to: on('2026-07-01') })]).mistakes, [])
  const month = /tiers over a period or an included volume: a change can only be at the first of a month/
  assert.match(String(plan([wanted('2026-05-02', included)]).mistakes), month)
  assert.match(String(plan([wanted('2026-05-02', price('1'))], [held('2026-05-01', included)]).mistakes), month)
  assert.match(String(plan([wanted('2026-05-01', included, { to: on('2026-06-15') })]).mistakes), month)
  const personal = wanted('2026-05-01', included, { scopeKind: 'person', scope: 'x', scopeId: 'x' })
  assert.match(String(plan([personal]).mistakes), /a person cannot have them/)
})
