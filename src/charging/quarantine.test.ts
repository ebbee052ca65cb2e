import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { countWaiting, dismiss, dismissed, waiting } from '../metering/quarantine-commands.ts'
import { chargePage } from './commands.ts'
import { replay, type ReplayChoice, type RowReader } from './replay-commands.ts'
import {
  assertBooksAgree,
  asUsual,
  charge,
  fact,
  importSheet,
  netOfCharges,
  newSite,
  on,
  type Site,
  tracesIn,
} from './testing.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.drop())

const replayNow = (more: Partial<ReplayChoice> = {}, of = site) =>
  replay(
    of.house,
    {
      principal: 'tester',
      unknown: 'quarantine',
      dryRun: false,
      only: undefined,
      readers: {},
      signal: new AbortController().signal,
      onPage: () => {},
      ...more,
    },
    of.memory,
  )
const waitingNow = () => waiting(site.database.pool, 0n, 100)
const quarantined = { unknown: 'quarantine' } as const

const badRow = (raw: string, line = 7) => ({
  source: 'slurm:lab',
  origin: 'november.psv',
  line,
  reason: 'State "ODD" is unknown',
  raw,
  settings: { header: 'a|b' },
  measuredAt: on('2026-12-01'),
  door: 'rows',
})

test('usage of somebody unknown waits, and is charged once somebody says who that is', async () => {
  const usage = fact({ projectName: 'chem', personName: 'carol' })
  const result = await charge(site, [usage], quarantined)
  assert.deepEqual([result.recorded, result.quarantined], [0, 1])
  const [row] = await waitingNow()
  assert.equal(row?.reason, 'there is no project "chem": import it with bursar parties import, then replay')

  // A later dump says the same thing; it is no second row.
  const again = await charge(site, [{ ...usage, measuredAt: usage.measuredAt + 1000 }], quarantined)
  assert.equal(again.quarantined, 0)

  await importSheet(site.house, 'organisation,tier,project\nFaculty,mu,chem\n')
  const tried = await replayNow()
  assert.deepEqual([tried.replayed, tried.stillWaiting], [0, 1])
  assert.match((await waitingNow())[0]?.reason ?? '', /^there is no person "carol"/)

  await importSheet(site.house, 'person\ncarol\n')
  await importSheet(site.house, 'provider\nlab\n')
  const traces = await tracesIn(site.house)
  const dry = await replayNow({ dryRun: true })
  assert.deepEqual([dry.replayed, dry.recorded, dry.amounts.get('THB')], [1, 1, 2_000_000_000n])
  assert.deepEqual(await tracesIn(site.house), traces)

  const done = await replayNow()
  assert.deepEqual([done.replayed, done.recorded, done.charged, done.stillWaiting], [1, 1, 1, 0])
  assert.deepEqual(await countWaiting(site.database.pool), [])
  assert.equal((await charge(site, [usage])).duplicates, 1)
  assert.deepEqual(await netOfCharges(site.house), ['chem lab 2026-11 THB 2'])
  assert.deepEqual([(await replayNow()).replayed], [0])
  await assertBooksAgree(site.house)
})

test('usage from before charging began is not charged by a replay', async () => {
  await charge(site, [fact({ projectName: 'late', startsAt: on('2026-10-01') })], {
    ...quarantined,
    chargeFrom: on('2026-11-01'),
  })
  const done = await replayNow({ unknown: 'create' })
  assert.deepEqual([done.replayed, done.recorded, done.charged], [1, 1, 0])
  assert.ok(!(await netOfCharges(site.house)).some((line) => line.startsWith('late')))
})

test('a row that cannot be read waits with its place, and with the reason of the last try', async () => {
  const page = { facts: [], bad: [badRow('1|x'), badRow('2|y', 8)] }
  assert.equal((await chargePage(site.house, page, asUsual, site.memory)).quarantined, 2)
  assert.equal((await chargePage(site.house, page, asUsual, site.memory)).quarantined, 0)
  const rows = await waitingNow()
  assert.deepEqual(
    rows.map(({ origin, line, raw, settings }) => [origin, line, raw, settings]),
    [
      ['november.psv', 7, '1|x', { header: 'a|b' }],
      ['november.psv', 8, '2|y', { header: 'a|b' }],
    ],
  )
  assert.deepEqual([(await replayNow()).stillWaiting], [2])
  assert.equal((await waitingNow())[0]?.reason, 'nothing here reads rows of “rows”')

  const usage = fact({ projectName: 'chem' })
  const reader: RowReader = async ({ raw }) =>
    raw === '1|x' ? { facts: [usage], reason: undefined } : { facts: [], reason: 'still odd' }
  const result = await replayNow({ readers: { rows: reader }, unknown: 'create' })
  assert.deepEqual([result.replayed, result.stillWaiting, result.recorded], [1, 1, 1])
  assert.deepEqual(
    (await waitingNow()).map(({ raw, reason }) => [raw, reason]),
    [['2|y', 'still odd']],
  )
  const [left] = await waitingNow()
  const one = await replayNow({ readers: { rows: async () => ({ facts: [], reason: undefined }) }, only: [left!.id] })
  assert.deepEqual([one.replayed, one.recorded], [1, 0], 'a row may turn out to be no usage at all')
  assert.deepEqual(await waitingNow(), [])
})

test('two replays at once charge each row once', async () => {
  await charge(
    site,
    Array.from({ length: 40 }, () => fact({ projectName: 'race' })),
    quarantined,
  )
  assert.equal((await waitingNow()).length, 40)
  const results = await Promise.all([replayNow({ unknown: 'create' }), replayNow({ unknown: 'create' })])
  assert.equal(results[0].recorded + results[1].recorded, 40)
  assert.equal(results[0].replayed + results[1].replayed, 40)
  assert.ok((await netOfCharges(site.house)).includes('race lab 2026-11 THB 80'))
  await assertBooksAgree(site.house)
})

test('what is dismissed stays with its reason, is not replayed, and waits no more when it comes again', async () => {
  const page = { facts: [], bad: [badRow('3|z'), badRow('4|z', 8)] }
  await chargePage(site.house, page, asUsual, site.memory)
  const [first, second] = await waitingNow()
  assert(first && second)
  const call = { principal: 'tester', key: 'once' }
  const done = await dismiss(site.house, call, [first.id, first.id], 'a line cut in two')
  assert.deepEqual(JSON.parse(done.answer), { dismissed: 1, reason: 'a line cut in two' })
  const again = await dismiss(site.house, call, [first.id], 'a line cut in two')
  assert.deepEqual([again.again, again.answer], [true, done.answer])
  // All of them or none.
  const both = dismiss(site.house, { principal: 'tester', key: 'both' }, [first.id, second.id], 'both')
  await assert.rejects(both, { type: 'not-found' })
  assert.deepEqual(
    (await waitingNow()).map(({ id }) => id),
    [second.id],
  )

  const reader: RowReader = async () => ({ facts: [fact({ projectName: 'dismissed' })], reason: undefined })
  const named = await replayNow({ readers: { rows: reader }, unknown: 'create', only: [first.id] })
  assert.deepEqual([named.replayed, named.recorded], [0, 0])
  assert.equal((await chargePage(site.house, page, asUsual, site.memory)).quarantined, 0)
  assert.equal((await waitingNow()).length, 1)
  assert.deepEqual(
    (await dismissed(site.database.pool, 0n, 9)).map(({ raw, reason, dismissed: by }) => [raw, reason, by]),
    [['3|z', 'State "ODD" is unknown', { operation: done.operation, reason: 'a line cut in two' }]],
  )

  // Read by a replay already, and dismissed before that could charge it.
  const slow: RowReader = async (row) => {
    await dismiss(site.house, { principal: 'tester', key: 'meanwhile' }, [row.id], 'in time')
    return await reader(row)
  }
  const late = await replayNow({ readers: { rows: slow }, unknown: 'create' })
  assert.deepEqual([late.replayed, late.recorded, late.stillWaiting], [0, 0, 0])
  assert.deepEqual(await waitingNow(), [])
})
