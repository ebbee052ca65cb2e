import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { Issue } from './lax.ts'
import { list, model, nullable, optional } from './model.ts'
import { epochSeconds, moment } from './moment.ts'
import { decimal, int, money } from './number.ts'
import { flag, literal, text, uuid, word } from './text.ts'

const Tier = model('TestTier', { from: int({ ge: 0 }), to: optional(nullable(int({ ge: 0 })), null) })
const Thing = model('TestThing', {
  id: uuid(),
  name: text(),
  amount: money({ gt: 0 }),
  rate: optional(decimal({ ge: 0, le: 1 }), null),
  kind: optional(word(['oneshot', 'longrun'], { anyCase: true }), 'oneshot'),
  only: optional(literal('this'), 'this'),
  since: optional(moment(), null),
  told: optional(epochSeconds(), null),
  flag: optional(flag(), null),
  tiers: optional(list(Tier), []),
})
const whole = { id: 'f81d4fae-7dec-4d0c-a765-00a0c91e6bf6', name: 'n', amount: 1 }

function read(fields: object) {
  const issues: Issue[] = []
  const value = Thing.read({ ...whole, ...fields }, issues)
  return { value, issues }
}

const types: readonly (readonly [fields: object, type: string, ...loc: unknown[]])[] = [
  [{ id: 5 }, 'uuid_type', 'id'],
  [{ id: null }, 'uuid_type', 'id'],
  [{ name: 'a\0b' }, 'value_error', 'name'],
  [{ name: '\ud800' }, 'string_unicode', 'name'],
  [{ amount: null }, 'decimal_type', 'amount'],
  [{ amount: true }, 'decimal_type', 'amount'],
  [{ amount: 'NaN' }, 'finite_number', 'amount'],
  [{ amount: '-Infinity' }, 'finite_number', 'amount'],
  [{ amount: 'ten' }, 'decimal_parsing', 'amount'],
  [{ amount: '.' }, 'decimal_parsing', 'amount'],
  [{ amount: '1e15' }, 'less_than', 'amount'],
  [{ amount: '1e999999999' }, 'decimal_max_digits', 'amount'],
  [{ amount: '1e-10' }, 'greater_than_equal', 'amount'],
  [{ rate: -0.1 }, 'greater_than_equal', 'rate'],
  [{ rate: '1.0000001' }, 'less_than_equal', 'rate'],
  [{ since: '2024-01-01T00:00:00' }, 'timezone_aware', 'since'],
  [{ since: '2024-01-01' }, 'timezone_aware', 'since'],
  [{ since: '2024-02-30T00:00:00Z' }, 'datetime_from_date_parsing', 'since'],
  [{ since: 'x' }, 'datetime_from_date_parsing', 'since'],
  [{ since: [] }, 'datetime_type', 'since'],
  [{ since: 1e18 }, 'datetime_parsing', 'since'],
  [{ told: '1.5' }, 'int_parsing', 'told', 0],
  [{ told: 1.5 }, 'int_from_float', 'told', 0],
  [{ told: '2024-01-01T00:00:00Z' }, 'int_parsing', 'told', 0],
  [{ flag: 'perhaps' }, 'bool_parsing', 'flag'],
  [{ flag: [] }, 'bool_type', 'flag'],
  [{ kind: 'other' }, 'enum', 'kind'],
  [{ only: null }, 'literal_error', 'only'],
  [{ tiers: {} }, 'list_type', 'tiers'],
  [{ tiers: [5] }, 'model_attributes_type', 'tiers', 0],
  [{ tiers: [{ from: 1.5 }] }, 'int_from_float', 'tiers', 0, 'from'],
  [{ tiers: [{ from: 'x' }] }, 'int_parsing', 'tiers', 0, 'from'],
  [{ tiers: [{ from: null }] }, 'int_type', 'tiers', 0, 'from'],
  [{ tiers: [{ from: -1 }] }, 'greater_than_equal', 'tiers', 0, 'from'],
  [{ tiers: [{ from: '9007199254740993' }] }, 'less_than_equal', 'tiers', 0, 'from'],
  [{ tiers: [{ from: 0, extra: 1 }] }, 'extra_forbidden', 'tiers', 0, 'extra'],
]
for (const [fields, type, ...loc] of types) {
  test(`${JSON.stringify(fields).slice(0, 60)} is ${type}`, () => {
    const found = read(fields).issues.map((issue) => ({ type: issue.type, loc: issue.loc }))
    assert.deepEqual(found, [{ type, loc }])
  })
}

test('ids are read in each of their forms', () => {
  const { id } = whole
  for (const form of [id.toUpperCase(), id.replaceAll('-', ''), `urn:uuid:${id}`, `{${id}}`]) {
    assert.equal(read({ id: form }).value.id, id)
  }
  const messages: readonly (readonly [string, RegExp])[] = [
    ['', /invalid length: expected length 32 for simple format, found 0/],
    [`${id}0`, /invalid group length in group 4: expected 12, found 13/],
    ['a-b', /invalid group count: expected 5, found 2/],
    [`{${id}`, /invalid character: .* found `\{` at 1/],
  ]
  for (const [form, message] of messages) assert.match(read({ id: form }).issues[0]?.msg ?? '', message)
})

test('whole numbers are read from numbers, texts and truth values', () => {
  for (const [given, value] of [
    [2.0, 2],
    ['10', 10],
    [' +1_000.00 ', 1000],
    ['0', 0],
    [true, 1],
  ] as const) {
    assert.equal(read({ tiers: [{ from: given }] }).value.tiers[0]?.from, value)
  }
})

test('decimals are exact, and money is rounded half to even at nine places', () => {
  for (const [given, digits, places] of [
    [0.2, 2n, 1],
    ['0.20', 20n, 2],
    [1e-7, 1n, 7],
    ['.5', 5n, 1],
    ['1E-3', 1n, 3],
    ['0e5', 0n, 0],
  ] as const) {
    assert.deepEqual(read({ rate: given }).value.rate, { digits, places })
  }
  for (const [given, nanos] of [
    [33.333333333333336, 33_333_333_333n],
    ['0.0000000005', undefined],
    ['0.0000000015', 2n],
    ['0.0000000025', 2n],
    ['1_0.5', 10_500_000_000n],
    [999999999999999, 999_999_999_999_999_000_000_000n],
  ] as const) {
    assert.equal(read({ amount: given }).value.amount, nanos)
  }
})

test('times are read with their zone, and as seconds or milliseconds', () => {
  const second = 1_704_067_200_000_000n
  for (const [given, micros] of [
    ['2024-01-01T00:00:00Z', second],
    ['2024-01-01 00:00z', second],
    ['2024-01-01T05:30:00.000001+05:30', second + 1n],
    ['2023-12-31_19:00:00,5-0500', second + 500_000n],
    [1704067200, second],
    ['1704067200', second],
    [1704067200000, second],
    [1704067200.5, second + 500_000n],
  ] as const) {
    assert.equal(read({ since: given }).value.since, micros, String(given))
  }
})

test('a list that is nested as deeply as a body has room for is no flag either', () => {
  const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown
  assert.deepEqual(
    read({ flag: deep }).issues.map(({ type }) => type),
    ['bool_type'],
  )
})
