import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { migrations } from './migrations.ts'
import { faultsIn } from './plant.ts'
import { tables } from './tables.ts'

const made = {
  'migrations/0001_ledger.sql': `-- ledger: not pricing.versions, which a comment may name.
create schema ledger;
create sequence ledger.account_ids;
create table ledger.transfers (id bigint primary key);
create view ledger.entries as select id from ledger.transfers;
`,
  'migrations/0002_charging.sql':
    "create schema charging;\ncreate table charging.charges (id bigint, note text default 'ledger.transfers');\n",
}
const inTree = (files: Readonly<Record<string, string>>) => faultsIn(tables, { ...made, ...files })
const query = (text: string) => `export const text = \`${text}\`\n`

test('a table is named by sql.ts of its module', () => {
  assert.deepEqual(
    inTree({ 'src/ledger/sql.ts': query("select nextval('ledger.account_ids') from ledger.transfers") }),
    [],
  )
})

test('a table named in another file of its module, or in another module, is told with its line', () => {
  const faults = inTree({
    'src/ledger/commands.ts': `\n${query('select 1 from ledger.transfers')}`,
    'src/charging/sql.ts': query('select 1\\n  from charging.charges\\n  join ledger.transfers using (id)'),
  })
  assert.equal(faults.length, 2)
  assert.match(faults[0] ?? '', /^src\/charging\/sql\.ts:1: ledger\.transfers belongs to 'ledger'\./)
  assert.match(
    faults[1] ?? '',
    /^src\/ledger\/commands\.ts:2: ledger\.transfers is named by src\/ledger\/sql\.ts alone\./,
  )
})

test('a view is read by a sql.ts of any module below, and nowhere else', () => {
  assert.deepEqual(inTree({ 'src/charging/sql.ts': query('select 1 from ledger.entries') }), [])
  assert.match(
    inTree({ 'src/charging/commands.ts': query('select 1 from ledger.entries') })[0] ?? '',
    /is read by a sql\.ts only/,
  )
  assert.match(
    inTree({ 'src/parties/sql.ts': query('select 1 from ledger.entries') })[0] ?? '',
    /which stands below 'parties'/,
  )
})

test('properties, comments of SQL and tests name no table', () => {
  const files = {
    'src/charging/charge.ts': 'const ledger = { transfers: 1 }\nexport const one = ledger.transfers\n',
    'src/charging/sql.ts': query('select 1 -- as ledger.transfers has it'),
    'src/charging/sql.test.ts': query('select 1 from ledger.transfers'),
  }
  assert.deepEqual(inTree(files), [])
})

test('the prover reads every table', () => {
  assert.deepEqual(inTree({ 'src/proof/sql.ts': query('select 1 from ledger.transfers, charging.charges') }), [])
})

test('migrations are numbered in turn, named after a module, and keep to its schema', () => {
  assert.deepEqual(faultsIn(migrations, made), [])
  const faults = faultsIn(migrations, {
    ...made,
    'migrations/0004_billing.sql':
      'create table invoices (id bigint);\n\nalter table ledger.transfers add column invoice bigint;\n',
    'migrations/notes.sql': '',
    'migrations/0006_stuff.sql': 'create schema ledger;\n',
  })
  const expected = [
    'migrations/0004_billing.sql: number 0003 comes here',
    'migrations/0004_billing.sql:3: it names ledger.transfers',
    "migrations/0004_billing.sql:1: 'invoices' is made in no schema",
    'migrations/0006_stuff.sql: number 0004 comes here',
    "migrations/0006_stuff.sql: 'stuff' has no place",
    "migrations/0006_stuff.sql:1: it changes the schema 'ledger'",
    'migrations/notes.sql: a migration is called NNNN_module.sql',
  ]
  assert.equal(faults.length, expected.length)
  for (const [index, start] of expected.entries()) assert.ok(faults[index]?.startsWith(start), faults[index])
})
