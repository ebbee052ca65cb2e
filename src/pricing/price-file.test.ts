import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseMoment, readPriceFile } from './price-file.ts'
import { on, zone } from './testing.ts'

const names = new Set(['cpu_core_seconds', 'gpu_seconds', 'memory_byte_seconds'])
const meters = { names, has: (name: string) => names.has(name) || /^gpu_[a-z0-9]+_seconds$/.test(name) }
const read = (text: string) => readPriceFile(text, zone, meters)

/** A file with one price, whose lines a test may change. */
const price = (...changed: string[]) =>
  [
    'prices:',
    '  - service: slurm',
    '    component: cpu',
    '    from: 2026-01-01',
    '    currency: THB',
    ...changed.map((line) => `    ${line}`),
  ].join('\n')
const good = ['quantity: cpu_core_seconds', 'flat: { price: 1, per: 3600 }']

/** `line:column message` of each mistake. */
const mistakes = (text: string) =>
  read(text).mistakes.map(({ line, column, message }) => `${line}:${column} ${message}`)

test('the price book of the demo is read, and says that it is one', () => {
  const text = readFileSync(new URL('../../demo/prices.yaml', import.meta.url), 'utf8')
  const { entries, mistakes: found } = read(text)
  assert.deepEqual(found, [])
  assert.equal(entries.filter(({ kind }) => kind === 'price').length, 9)
  assert.match(text, /DEMO/)
})

test('numbers keep the digits they were written with, in YAML and in JSON', () => {
  const digits = '0.1234567890123456789012345678'
  assert.equal(
    JSON.stringify(read(price('quantity: gpu_seconds', `flat: { price: ${digits} }`)).entries[0]?.definition).includes(
      digits,
    ),
    true,
  )
  const json = `{"prices":[{"service":"slurm","component":"cpu","from":"2026-01-01","currency":"THB","quantity":"gpu_seconds","flat":{"price":${digits}}}]}`
  assert.deepEqual(read(json).entries[0]?.definition, {
    currency: 'THB',
    quantity: 'gpu_seconds',
    flat: { price: digits },
  })
})

test('equal definitions are equal bytes, however they were written', () => {
  const one = read(price('quantity: gpu_seconds', 'flat: { price: 1.50, per: 03600 }', 'unit: s'))
  const other = read(price('unit: s', 'flat: { per: 3600.0, price: 1.5 }', 'quantity: gpu_seconds'))
  assert.equal(JSON.stringify(one.entries[0]?.definition), JSON.stringify(other.entries[0]?.definition))
})

test('a date is the local midnight, and a moment with an offset is what it says', () => {
  assert.equal(parseMoment('2026-11-01', zone), on('2026-11-01'))
  assert.equal(parseMoment('2026-11-01T00:00:00', zone), on('2026-11-01'))
  assert.equal(parseMoment('2026-11-01 01:30', zone), on('2026-11-01') + 5_400_000)
  assert.equal(parseMoment('2026-10-31T17:00:00Z', zone), on('2026-11-01'))
  assert.equal(parseMoment('2026-11-01T00:00:00+07:00', zone), on('2026-11-01'))
  assert.equal(parseMoment('1970-01-01T00:00:00Z', zone), 0)
  for (const text of [
    '2026-02-30',
    '2026-13-01',
    '26-01-01',
    '2026-01-01T25:00',
    '2026-01-01T00:00+99:00',
    'today',
    '',
  ]) {
    assert.equal(parseMoment(text, zone), undefined, text)
  }
})

test('a mistake in a formula is shown at its line and column, with the formula and a caret', () => {
  const [mistake] = read(price("quantity: 'gpu_seconds * cpu_core_secnds'", 'flat: { price: 1 }')).mistakes
  assert.deepEqual(mistake, {
    line: 6,
    column: 30,
    message:
      'quantity: there is no meter cpu_core_secnds: did you mean cpu_core_seconds? (at character 15 of the formula)',
    pointed: 'gpu_seconds * cpu_core_secnds\n              ^',
  })
})

test('a meter of a family that sites fill in needs no declaration', () => {
  assert.deepEqual(mistakes(price('quantity: gpu_a100_seconds', 'flat: { price: 1 }')), [])
})

const wrong: readonly [lines: string[], mistake: RegExp][] = [
  [['quantity: gpu_seconds', 'volume: []'], /7:13 volume must be a list of 1 to 100 tiers$/],
  [['quantity: gpu_seconds'], /2:5 the price is missing: one of flat, package, graduated, volume$/],
  [[...good, 'package: { size: 1, price: 1 }'], /8:14 a component has one model: flat or package, not both$/],
  [[...good, 'quantty: 5'], /8:14 there is no field quantty: did you mean quantity\?$/],
  [['quantity: gpu_seconds', 'flat: { price: -1 }'], /7:20 price must be a decimal number of zero or more/],
  [['quantity: gpu_seconds', 'flat: { price: 1e3 }'], /7:20 price must be a decimal/],
  [['quantity: gpu_seconds', 'flat: { per: 1 }'], /7:11 price is missing$/],
  [['quantity: gpu_seconds', 'flat: { price: 1, per: 0 }'], /7:28 per must be more than zero$/],
  [['quantity: gpu_seconds', `flat: { price: 1${'2'.repeat(28)} }`], /7:20 price has more than 28 significant digits$/],
  [['quantity: gpu_seconds', 'package: { size: 0, price: 1 }'], /7:22 size must be more than zero$/],
  [['quantity: gpu_seconds', 'graduated: [{ upTo: 5, price: 1 }]'], /7:25 the last tier has no end/],
  [['quantity: gpu_seconds', 'graduated: [{ price: 1 }, { price: 2 }]'], /7:17 upTo is missing$/],
  [
    ['quantity: gpu_seconds', 'volume: [{ upTo: 5, price: 1 }, { upTo: 5, price: 1 }, { price: 1 }]'],
    /7:45 upTo must be more than/,
  ],
  [[...good, 'included: 5', 'base: record'], /9:11 an included volume is counted over a period/],
  [[...good, 'included: 5', 'fixed: 1'], /9:12 a fixed part of each record cannot stand with tiers over a period/],
  [[...good, 'base: month'], /8:11 base must be record or period$/],
  [['flat: { price: 1 }'], /2:5 quantity is missing: name a meter/],
  [[...good, 'to: 2025-01-01'], /8:9 to must be later than from$/],
  [[...good, 'tier: mu', 'person: x'], /9:13 one scope only: tier or person$/],
  [[...good, 'ended: yes'], /8:12 ended is true, or left out$/],
  [[...good, 'ended: true'], /what has ended has no flat/],
]

test('each wrong field is named at its place, with the remedy', () => {
  for (const [lines, mistake] of wrong) {
    const found = mistakes(price(...lines))
    assert.ok(
      found.some((text) => mistake.test(text)),
      `${lines.join(' | ')} gave ${found.join(' | ')}`,
    )
  }
})

test('all mistakes of a file are named at once, in their order', () => {
  const text = `${price('quantity: gpu_secnds', 'flat: { price: x }')}
policies:
  - { from: 2026-02-30, endStates: { NODE_FIAL: free, timeout: free, FAILED: maybe } }
discounts:
  - { from: 2026-01-01, percent: 101 }
  - 7
rates: []
`
  assert.deepEqual(
    mistakes(text).map((mistake) => mistake.replace(/: did you mean.*|,.*/, '')),
    [
      '6:15 quantity: there is no meter gpu_secnds',
      '7:20 price must be a decimal number of zero or more',
      '9:13 from must be a date (2026-11-01) or a moment (2026-11-01T00:00:00+07:00)',
      '9:49 there is no end state NODE_FIAL',
      '9:64 an end state is written in capitals: TIMEOUT',
      '9:78 FAILED must be charge or free',
      '11:34 percent is at most 100',
      '12:5 each of discounts must be a mapping with service',
      '13:8 there is no list rates',
    ],
  )
})

test('what is no YAML, or no price file, is refused at its place', () => {
  for (const text of ['', '# nothing', '[]', '7', 'prices: 7', 'a: [1,\n b: }', 'prices: [', '\u0000\u0001']) {
    const found = read(text)
    assert.equal(found.entries.length, 0)
    assert.ok(found.mistakes.length > 0, JSON.stringify(text))
  }
})

const broken: readonly (readonly [what: string, text: string, told: string])[] = [
  ['a tab', 'prices:\n  - service: slurm\n\tcomponent: cpu\n', '3:1 a tab cannot indent a line: write spaces'],
  [
    'a missing colon',
    'prices:\n  - service: slurm\n    component cpu\n    from: 2026-01-01\n',
    '3:5 a colon is missing: write field: value, with a space behind the colon',
  ],
  [
    'a missing colon at the end',
    'prices:\n  - service: slurm\n    component\n',
    '3:5 a colon is missing: write field: value, with a space behind the colon',
  ],
  ['a field twice', 'prices:\n  - service: slurm\n    service: other\n', '3:5 service stands twice: leave one out'],
  [
    'an open quote',
    'prices:\n  - service: "slurm\n    component: cpu\n    from: 2026-01-01\n',
    '2:14 what " begins here has no " at its end',
  ],
  [
    'an open single quote',
    "prices:\n  - service: 'a'\n    component: 'cpu\n",
    "3:16 what ' begins here has no ' at its end",
  ],
  [
    'an open brace',
    'prices:\n  - { service: slurm, from: 2026-01-01\n  - { service: b }\n',
    '3:3 what { began is not closed before this line: close it with }',
  ],
  [
    'an open bracket',
    'prices: [\n  { service: slurm }\n',
    '3:1 what [ began is not closed before this line: close it with ]',
  ],
  [
    'a line too far to the left',
    'prices:\n  - service: slurm\n   component: cpu\n',
    '3:1 this line stands otherwise than those around it: let the fields of one entry begin under each other',
  ],
  [
    'a line too far to the right',
    'prices:\n  - service: slurm\n      component: cpu\n',
    '2:14 a value has a colon in it, or the next line stands too far to the right: put the value in quotes, or let the ' +
      'fields of one entry begin under each other',
  ],
  ['a sign', 'prices:\n  - service: @x\n', '2:14 a value cannot begin with @ here: put it in quotes'],
  [
    'a comma',
    '{"prices": [ {"service": "slurm",, } ]}',
    '1:34 , cannot stand here: look for one too many, or one missing before it',
  ],
  [
    'a missing comma',
    'prices:\n  - service: slurm\n    flat: { price: 1 per: 3600 }\n',
    '3:20 a comma is missing: in { } and [ ] one stands between two fields',
  ],
  [
    'no space behind a colon',
    'prices:\n  - service:slurm\n    component:cpu\n',
    '2:5 a space is missing behind the colon: write field: value',
  ],
  ['an alias', 'prices:\n  - service: *nope\n', '2:5 *nope stands for nothing: no &nope stands before it'],
  [
    'two documents',
    'prices: []\n---\nprices: []\n',
    '2:1 --- begins a second file: take it out, and write all lists into one',
  ],
]

for (const [what, text, told] of broken) {
  test(`a file with ${what} says in plain words where it is wrong, and what to do`, () =>
    assert.deepEqual(mistakes(text), [told]))
}

test('a list where a field is named is a mistake of the file, and warns nobody else', (t) => {
  const warned = t.mock.method(process, 'emitWarning', () => {})
  assert.match(mistakes(price(...good, '? [a]', ': 3')).join('\n'), /there is no field \[ a \]/)
  assert.equal(warned.mock.callCount(), 0)
})

test('a file of aliases that unfold without end is refused', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...[...'bcdefghi'].map(
      (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`,
    ),
    'prices:',
    '  - { service: *i }',
  ].join('\n')
  assert.ok(read(bomb).mistakes.length > 0)
})
