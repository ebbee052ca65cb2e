import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { rows } from '../../src/database/reader.ts'
import { type Books, openBooks } from './tampering.ts'

let books: Books
let site: Books['site']
before(async () => {
  books = await openBooks()
  site = books.site
})
after(() => site.drop())

const faults = () => books.faults()
const faultsAfter = (tables: readonly string[], change: string) => books.faultsAfter(tables, change)

/** Another value of the same type: one digit, letter, bit or unit differs. */
const otherValue: Readonly<Record<string, string>> = {
  bigint: '# + 1',
  integer: '# + 1',
  smallint: '# + 1',
  numeric: '# + power(0.1, scale(#))',
  xid8: `(#::text::bigint + 1000000000)::text::xid8`,
  text: `overlay(# placing chr(ascii(#) ^ 1) from 1 for 1)`,
  bytea: 'set_byte(#, 0, get_byte(#, 0) ^ 1)',
  boolean: 'not #',
  date: '# + 1',
  'uuid[]': '# || #[1]',
  'bigint[]': '# || 1::bigint',
  uuid: `(overlay(#::text placing case left(#::text, 1) when '1' then '2' else '1' end from 1 for 1))::uuid`,
  json: `regexp_replace(#::text, '}$', ' }')::json`,
  'timestamp with time zone': `# + interval '1 millisecond'`,
}

/** Where a smaller change breaks nothing: the reason stands beside it. */
const particular: Readonly<Record<string, string>> = {
  // A head start, which the sealer does not trust when a process begins; only what is false is told.
  'audit.head.watermark': '# + 1000000',
  'audit.head.next_watermark': 'coalesce(#, 0) + 1000000',
  'audit.head.next_xid': `'9000000000'::xid8`,
  // One more is a restored database in which nothing was done yet.
  'operations.epoch.epoch': '# + 2',
}

/** What stands beside the seal and decides nothing that was charged: `told` only what a later version may still correct. */
const free = new Set(['access.keys.name', 'jobs.jobs.name', 'metering.identities.told'])

const tables = [
  'operations.operations',
  'operations.epoch',
  'audit.blocks',
  'audit.seals',
  'audit.head',
  'access.keys',
  'access.revocations',
  'access.approvals',
  'access.decisions',
  'ledger.accounts',
  'ledger.transfers',
  'metering.identities',
  'metering.confirmations',
  'metering.records',
  'metering.erasures',
  'metering.dismissals',
  'charging.charges',
  'charging.states',
  'charging.true_ups',
  'charging.settlements',
  'charging.refunds',
  'credits.grants',
  'credits.lots',
  'credits.draws',
  'credits.reservations',
  'credits.steps',
  'credits.holds',
  'credits.budgets',
  'credits.budget_windows',
  'credits.counts',
  'pricing.versions',
  'pricing.book',
  'jobs.prices',
  'jobs.discounts',
  'jobs.ends',
  'jobs.price_book',
  'jobs.accounts',
  'jobs.jobs',
  'jobs.events',
  'jobs.problems',
]

type Column = { readonly name: string; readonly change: string; readonly offset: string }

/** The columns of the table, each with a change of it. */
async function columnsOf(table: string): Promise<Column[]> {
  const columns = await rows<{ name: string; type: string }>(
    site.house.database.pool,
    `select attname as name, format_type(atttypid, null) as type from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'only_row'`,
    [table],
  )
  return columns.map(({ name, type }, index) => {
    const text = particular[`${table}.${name}`] ?? otherValue[type]
    assert(text, `no other value of type ${type}`)
    const offset = `(select count(${name}) * ${index % 7} / 7 from ${table})`
    return { name, change: text.replaceAll('#', name).replaceAll('^', '#'), offset }
  })
}

/** Where a row is now, and who wrote it: for each column another one, in which it says something. */
async function rowFor(table: string, { name, offset }: Column): Promise<{ place: string; operation: string | null }> {
  const columns = await columnsOf(table)
  const own = columns.some((column) => column.name === 'operation') ? 'operation' : 'null'
  const [row] = await rows<{ place: string; operation: string | null }>(
    site.house.database.pool,
    `select tableoid || ' ' || ctid as place, (${table === 'operations.operations' ? 'id' : own})::text as operation
       from ${table} order by ${name} is null, ctid limit 1 offset ${offset}`,
  )
  assert(row)
  return row
}

for (const table of tables) {
  test(`one value changed in any column of ${table} is found, and table and operation are named`, async () => {
    for (const column of await columnsOf(table)) {
      if (free.has(`${table}.${column.name}`)) continue
      const { place, operation } = await rowFor(table, column)
      const where = `tableoid || ' ' || ctid = '${place}'`
      const told = await faultsAfter([table], `update ${table} set ${column.name} = ${column.change} where ${where}`)
      const what = `${table}.${column.name} of op_${operation}\n${told}`
      assert.ok(told.includes(table), what)
      if (operation !== null) assert.match(told, new RegExp(`\\bop_${operation}\\b`), what)
    }
    assert.equal(await faults(), '')
  })
}

/** What tells the rows of a table apart. */
const keys: Readonly<Record<string, string>> = {
  'operations.operations': 'id',
  'audit.blocks': 'number',
  'audit.seals': 'operation',
  'access.keys': 'id',
  'access.revocations': 'id',
  'access.approvals': 'id',
  'access.decisions': 'id',
  'ledger.accounts': 'id',
  'ledger.transfers': 'id',
  'metering.identities': 'record',
  'metering.records': 'id',
  'metering.erasures': 'id',
  'charging.charges': 'id',
  'charging.states': 'id',
  'charging.true_ups': 'id',
  'charging.settlements': 'id',
  'charging.refunds': 'id',
  'credits.grants': 'id',
  'credits.lots': 'id',
  'credits.draws': 'id',
  'credits.reservations': 'id',
  'credits.steps': 'id',
  'credits.holds': 'reservation',
  'credits.budgets': 'id',
  'credits.counts': 'id',
  'pricing.versions': 'id',
  'jobs.prices': 'id',
  'jobs.discounts': 'id',
  'jobs.ends': 'id',
  'jobs.accounts': 'id',
  'jobs.jobs': 'id',
  'jobs.events': 'id',
  'jobs.problems': 'id',
}

for (const [table, key] of Object.entries(keys)) {
  test(`a row of ${table} that was removed, doubled or exchanged with another is found`, async () => {
    const own = (await columnsOf(table)).some(({ name }) => name === 'operation') && key === 'id'
    const [one, other] = await rows<{ key: string; operation: string }>(
      site.house.database.pool,
      `select ${key} as key, ${own ? 'operation' : 'null'} as operation
         from ${table} order by ${key} offset 1 limit 2`,
    )
    assert(one && other)
    const type = one.key.includes('-') ? 'uuid' : 'bigint'
    const ways = [
      `delete from ${table} where ${key} = '${one.key}'`,
      `insert into ${table} select * from ${table} where ${key} = '${one.key}'`,
      `update ${table} set ${key} = case ${key} when '${one.key}' then '${other.key}'::${type} else '${one.key}'::${type} end
        where ${key} in ('${one.key}', '${other.key}')`,
    ]
    for (const way of ways) {
      const told = await faultsAfter([table], way)
      assert.ok(told.includes(table), `${way}\n${told}`)
      if (one.operation !== null) assert.match(told, new RegExp(`\\bop_${one.operation}\\b`), `${way}\n${told}`)
    }
    assert.equal(await faults(), '')
  })
}

test('sealed rows that moved to another operation, with everything that points at them, are found', async () => {
  const told = await faultsAfter(['charging.charges'], 'update charging.charges set operation = operation + 1')
  assert.match(told, /charging\.charges: op_\d+/)
})

test('a single row that stands twice in a table of one row is told, not stumbled over', async () => {
  for (const table of ['audit.head', 'operations.epoch', 'pricing.book', 'jobs.price_book']) {
    const told = await faultsAfter([table], `insert into ${table} select * from ${table}`)
    assert.ok(told.includes(table), `${table}: ${told}`)
    assert.ok((await faultsAfter([table], `delete from ${table}`)).includes(table), table)
  }
})
