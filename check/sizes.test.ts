import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { deadExports } from './dead-exports.ts'
import { drawing, picture } from './picture.ts'
import { faultsIn } from './plant.ts'
import { readmes } from './readmes.ts'
import { percentile, sizes } from './sizes.ts'
import { words } from './words.ts'

const lines = (count: number) => 'const a = 1\n'.repeat(count)

test('a file of 300 lines is the longest there may be', () => {
  assert.deepEqual(faultsIn(sizes, { 'check/a.ts': lines(300) }), [])
  assert.match(
    faultsIn(sizes, { 'check/a.ts': lines(301) })[0] ?? '',
    /^check\/a\.ts: 301 lines, and 300 are the most\./,
  )
})

test('a function of 70 lines is the longest there may be, wherever it stands', () => {
  const body = (count: number) => `\n${'  one()\n'.repeat(count - 2)}`
  assert.deepEqual(faultsIn(sizes, { 'check/a.ts': `function some() {${body(70)}}\n` }), [])
  const [fault] = faultsIn(sizes, { 'check/a.ts': `\n\nfunction some() {${body(71)}}\n` })
  assert.match(fault ?? '', /^check\/a\.ts:3: some has 71 lines/)
  assert.equal(faultsIn(sizes, { 'check/a.test.ts': `test('x', () => {${body(71)}})\n` }).length, 1)
})

test('the median of all files counts the product without its tests, and its ratchet only falls', () => {
  const files = { 'src/values/a.ts': lines(70), 'src/values/b.ts': lines(90), 'src/values/b.test.ts': lines(2) }
  assert.match(faultsIn(sizes, files)[0] ?? '', /the median of file lengths is 70 lines, and 60 are allowed/)
  assert.deepEqual(faultsIn(sizes, { ...files, 'check/ratchet.json': '{"median": 74}' }), [])
  assert.match(
    faultsIn(sizes, { ...files, 'check/ratchet.json': '{"median": 80}' })[0] ?? '',
    /came down to 70; write 70 there/,
  )
})

test('a percentile is a length that so many files do not exceed', () => {
  assert.equal(percentile([5, 1, 3], 0.5), 3)
  assert.equal(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9), 9)
  assert.equal(percentile([], 0.5), 0)
})

test('an export that nobody imports is told, and a namespace counts by the names taken from it', () => {
  const files = {
    'src/values/a.ts':
      'export const used = 1\nexport const lonely = used\nexport type Shape = 1\nexport const shape: Shape = 1\nconst home = 1\nexport { home }\n',
    'src/values/b.ts': "import * as a from './a.ts'\nconst one = a.used + a.shape\nconsole.log(one)\n",
  }
  assert.deepEqual(faultsIn(deadExports, files), [
    "src/values/a.ts:2: nobody imports 'lonely'. Remove it, or use it.",
    "src/values/a.ts:6: nobody imports 'home'. Drop the word 'export', or use it.",
  ])
})

test('names that say nothing, barrels, floats and silences without a reason are told', () => {
  const faults = faultsIn(words, {
    'src/values/money-utils.ts': '',
    'src/values/index.ts': '',
    'src/values/a.ts': [
      'const a = parseFloat(x)',
      'const b = a.toFixed(2)',
      '// @ts-expect-error',
      '// oxlint-disable-next-line no-console -- a person asked for it',
      '// TODO mend this',
      '// TODO when PostgreSQL 15 is gone: drop this',
      'const chargeV2 = 1',
      '',
    ].join('\n'),
    'src/values/a.test.ts': 'const a = parseFloat(x)\n',
  })
  assert.deepEqual(faults.map((fault) => fault.slice(0, fault.indexOf(': '))).sort(), [
    'src/values/a.ts:1',
    'src/values/a.ts:2',
    'src/values/a.ts:3',
    'src/values/a.ts:5',
    'src/values/a.ts:7',
    'src/values/index.ts',
    'src/values/money-utils.ts',
  ])
})

test('a module without a README, or with one that says too little, is told', () => {
  const files = { 'src/values/a.ts': '', 'src/ledger/a.ts': '', 'src/ledger/README.md': '# ledger\n\nMoney.\n' }
  const [missing, short] = faultsIn(readmes, files)
  assert.match(missing ?? '', /^src\/values\/README\.md is missing/)
  assert.match(short ?? '', /^src\/ledger\/README\.md: 3 lines/)
})

test('the picture marks who imports whom, left of the diagonal, and a stale one is told', () => {
  let drawn = ''
  const files = {
    'src/values/a.ts': 'export const a = 1\n',
    'src/ledger/b.ts': "import type { A } from '../values/a.ts'\n",
    'src/app.ts': "import './ledger/b.ts'\n",
    'ARCHITECTURE.md': '<!-- picture: npm run picture -->\nold\n<!-- /picture -->\n',
  }
  faultsIn((tree) => {
    drawn = drawing(tree)
    return { faults: [] }
  }, files)
  assert.deepEqual(drawn.split('\n').slice(1, 4), [
    '  1 values   ╲  ·  ·',
    '  2 ledger   ○  ╲  ·',
    '  3 app      ·  ●  ╲',
  ])
  assert.match(faultsIn(picture, files)[0] ?? '', /Run 'npm run picture'/)
  assert.match(faultsIn(picture, { ...files, 'ARCHITECTURE.md': '' })[0] ?? '', /are missing/)
})

test('a path that a document names and that is not there is told', () => {
  const files = { 'GUIDE.md': 'See `src/values/gone.ts`,\n`check/` and `src/<word>/`.\n', 'check/a.ts': '' }
  assert.deepEqual(faultsIn(readmes, files), ['GUIDE.md:1: there is no src/values/gone.ts. Name what took its place.'])
})
