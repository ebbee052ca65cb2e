import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { write } from '../../src/audit/testing.ts'
import type { Site } from '../../src/charging/testing.ts'
import { rows } from '../../src/database/reader.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { bookkeeping, dropConstraints, keepAll, type Kept } from '../../src/proof/testing.ts'

/** Whoever has the database's password can do all this: constraints keep out mistakes, not malice. */
let site: Site
let kept: Kept
before(async () => {
  site = await bookkeeping()
  kept = await keepAll(site.house)
  await dropConstraints(site.house)
})
after(() => site.drop())

async function faults(): Promise<string> {
  const checks = await Array.fromAsync(proveBooks(site.house))
  return checks.flatMap(({ ok, detail }) => (ok ? [] : [detail])).join('\n')
}

/** What is told after a change of these tables, which is then undone. */
async function faultsAfter(tables: readonly string[], change: string): Promise<string> {
  try {
    await write(site.house, change)
    return await faults()
  } finally {
    await kept.restore(tables)
  }
}

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

/** What stands beside the seal and decides nothing. */
const free = new Set(['access.keys.name', 'jobs.jobs.name'])

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

test('quarantined rows and the marks of used prices are looked after too', async () => {
  assert.match(
    await faultsAfter(['metering.quarantine'], `update metering.quarantine set raw = raw || 'x'`),
    /metering\.quarantine qua_\d+, op_\d+: it was changed/,
  )
  assert.match(
    await faultsAfter(['metering.quarantine'], 'delete from metering.quarantine'),
    /metering\.quarantine rows, op_\d+: it says that \d+ rows were quarantined and \d+ replayed, and 0 and 0 are/,
  )
  const one = `delete from metering.quarantine where id = (select max(id) from metering.quarantine)`
  assert.match(await faultsAfter(['metering.quarantine'], one), /metering\.quarantine rows, op_\d+: it says that/)
  assert.match(await faultsAfter(['pricing.uses'], 'delete from pricing.uses'), /pricing\.uses prc_\d+, op_\d+/)
  for (const kind of ['policy', 'discount']) {
    const change = `delete from pricing.uses u using pricing.versions v where v.id = u.version and v.kind = '${kind}'`
    assert.match(
      await faultsAfter(['pricing.uses'], change),
      /pricing\.uses prc_\d+, op_\d+: it decided what rec_\d+ is charged, and it is not marked as used/,
    )
  }
})

test('a period that no operation closed is told', async () => {
  assert.match(
    await faultsAfter(['ledger.periods'], `insert into ledger.periods values ('2026-11-01', 'closed', now())`),
    /ledger\.periods 2026-11: it is closed since .*, and no operation is of that time/,
  )
})

test('prices of jobs for a subtype that was taken away, and ends of nothing, are told', async () => {
  assert.match(
    await faultsAfter(['jobs.subtypes'], `delete from jobs.subtypes where name = 'made-here'`),
    /jobs\.subtypes made-here, op_\d+: it is missing, and 4 prices are for it/,
  )
  assert.match(await faultsAfter(['jobs.ends'], 'update jobs.ends set ended = 7'), /it ends 7, which is no price/)
})

test('what wallets tell otherwise than they have, and budgets otherwise than was paid, is told', async () => {
  const grant = `update ledger.transfers set reason = 'gift' where reason = 'grant'`
  assert.match(await faultsAfter(['ledger.transfers'], grant), /ledger\.accounts acc_\d+, op_\d+: it has .*tells of/)
  const more = await faultsAfter(['credits.counts'], 'update credits.counts set delta = delta * 2')
  assert.match(more, /credits\.counts of acc_\d+ by day from \S+, op_\d+: \S+ counts of page op_\d+, and \S+ was paid/)
  assert.match(more, /credits\.budget_windows day of acc_\d+: \S+ is used, and what was held and spent/)
  const less = `update credits.counts set delta = delta / 2 where delta < 0`
  assert.match(await faultsAfter(['credits.counts'], less), /still counts of page op_\d+, and \S+ of it was kept/)
  // Before there was the table nothing was written down: that is no fault of the windows.
  assert.doesNotMatch(await faultsAfter(['credits.counts'], 'delete from credits.counts'), /is used, and what was held/)
  assert.equal(await faults(), '')
})

test('jobs that reports count otherwise than they list are told', async () => {
  const way = `insert into jobs.report_parts values ('system', '00000000-0000-0000-0000-000000000000', '2020-01-01', 7)`
  assert.match(await faultsAfter(['jobs.report_parts'], way), /jobs\.report_parts system .*: it counts \d+ jobs, and/)
  const fewer = await faultsAfter(['jobs.report_changes'], 'delete from jobs.report_changes')
  assert.match(fewer, /jobs\.report_parts (?:system|project|virtual-lab) .*: it counts 0 jobs, and there are \d+/)
})

test('what a source said cannot be taken away or put in its place but by an erasure', async () => {
  const ways: readonly (readonly [string, RegExp])[] = [
    [`update metering.records set raw = null, raw_salt = null where raw is not null`, /no operation erased it/],
    [
      `update metering.records set raw = null, raw_salt = null, erased_by = (select min(operation) from metering.erasures)
        where raw is not null`,
      /no operation erased it/,
    ],
    [
      `update metering.records set raw = 'other', raw_salt = '\\x00', erased_by = null where erased_by is not null`,
      /was changed/,
    ],
    [
      `update metering.records set raw = r.raw, raw_salt = r.raw_salt from metering.records r
       where r.id <> records.id and r.raw is not null and records.raw is not null`,
      /was changed/,
    ],
  ]
  for (const [way, told] of ways) assert.match(await faultsAfter(['metering.records'], way), told)
  const emptied = `update metering.quarantine set raw = null where raw is not null`
  assert.match(await faultsAfter(['metering.quarantine'], emptied), /it was emptied, and no operation erased it/)
  assert.equal(await faults(), '')
})
