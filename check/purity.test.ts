import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { faultsIn } from './plant.ts'
import { purity } from './purity.ts'

const pure = (text: string, others: Readonly<Record<string, string>> = {}) =>
  faultsIn(purity, { 'src/pricing/rate.ts': text, ...others })

for (const [what, text] of [
  ['reads the clock', 'export const now = () => Date.now()\n'],
  ['makes a date of now', 'export const now = () => new Date()\n'],
  ['throws dice', 'export const dice = () => Math.random()\n'],
  ['reads the environment', "export const zone = process.env['TZ']\n"],
  ['waits', 'export const wait = (then: () => void) => setTimeout(then, 1)\n'],
  ['prints', "export const say = () => console.log('x')\n"],
  ['reads files', "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n"],
  ['asks a database', "import pg from 'pg'\nexport const pool = new pg.Pool()\n"],
  ['calls the network', "export const get = () => fetch('http://example.org')\n"],
  ['imports statements of its own module', "import { lock } from './sql.ts'\nexport const one = lock\n"],
  [
    'is given a way to write',
    "import type { Writer } from '../database/writer.ts'\nexport const one = (writer: Writer) => writer\n",
  ],
] as const)
  test(`a pure file that ${what} is told`, () => {
    const faults = pure(text, {
      'src/pricing/sql.ts': 'export const lock = 1\n',
      'src/database/writer.ts': 'export type Writer = 1\n',
    })
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0] ?? '', /^src\/pricing\/rate\.ts:\d: this file is pure and /)
  })

test('a pure file may assert, digest, name a given day and import a type of a row', () => {
  const text = `import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import type { PriceRow } from './sql.ts'
export function key(row: PriceRow, at: number) {
  assert(row)
  return createHash('sha256').update(new Date(at).toISOString())
}
`
  assert.deepEqual(pure(text, { 'src/pricing/sql.ts': 'export type PriceRow = { id: string }\n' }), [])
})

test('a file whose name says so may touch the world, and so may tests', () => {
  const text = 'export const now = () => Date.now()\n'
  const files = Object.fromEntries(
    ['sql', 'commands', 'rerate-commands', 'routes', 'cli', 'tasks', 'stream', 'rate.test', 'testing'].map((name) => [
      `src/pricing/${name}.ts`,
      text,
    ]),
  )
  assert.deepEqual(faultsIn(purity, { ...files, 'src/http/server.ts': text }), [])
})

test('statements stand in sql.ts and in no file with a longer name', () => {
  assert.equal(
    faultsIn(purity, { 'src/pricing/price-sql.ts': "import pg from 'pg'\nexport const one = pg\n" }).length,
    1,
  )
})

test('a file of the database that is pure in fact may be imported, and one that only seems so may not', () => {
  const files = {
    'src/database/copy-text.ts': "export const copyText = (text: string) => text.replaceAll('\\t', ' ')\n",
    'src/database/pool.ts': "import pg from 'pg'\nexport const pool = pg\n",
    'src/database/round.ts': "import { pool } from './pool.ts'\nexport const round = pool\n",
  }
  assert.deepEqual(
    pure("import { copyText } from '../database/copy-text.ts'\nexport const one = copyText\n", files),
    [],
  )
  const [fault] = pure("import { round } from '../database/round.ts'\nexport const one = round\n", files)
  assert.match(fault ?? '', /imports src\/database\/round\.ts, which touches the world/)
})
