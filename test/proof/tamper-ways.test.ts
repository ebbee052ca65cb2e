import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { type Books, openBooks } from './tampering.ts'

let books: Books
before(async () => {
  books = await openBooks()
})
after(() => books.site.drop())

const faults = () => books.faults()
const faultsAfter = (tables: readonly string[], change: string) => books.faultsAfter(tables, change)

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
