import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { partiesOf } from '../parties/commands.ts'
import type { ProjectParty } from '../parties/party.ts'
import { spoken } from '../terminal/speaker.ts'
import { numbered } from '../values/id.ts'
import { explainAny } from './explained-commands.ts'
import { newMemory } from './memory-commands.ts'
import { statementOf } from './statement-commands.ts'
import {
  assertBooksAgree,
  charge,
  fact,
  importSheet,
  netOfCharges,
  newSite,
  on,
  setBook,
  type Site,
  tracesIn,
} from './testing.ts'
import { explainTrueUp } from './true-up/explain-commands.ts'
import { writeTrueUps } from './true-up-commands.ts'

// 10 units a month are included; then 2 THB each up to 100 of the month, 1 THB each above.
const tiered = `prices:
  - service: storage
    component: volume
    from: 2020-01-01
    currency: THB
    quantity: units
    base: period
    included: 10
    graduated: [{ upTo: 100, price: 2 }, { upTo: null, price: 1 }]
  - { service: storage, component: call, from: 2020-01-01, currency: THB, quantity: calls, flat: { price: 0.1 } }
`
let site: Site
before(async () => {
  site = await newSite(tiered)
})
after(() => site.drop())

const stored = (projectName: string, units: string, more: Parameters<typeof fact>[0] = {}) =>
  fact({ service: 'storage', subtype: 'disk', projectName, quantities: { units, calls: '1' }, ...more })
const trueUp = () => writeTrueUps(site.house, 'tester', site.memory)
const netOf = async (project: string) =>
  (await netOfCharges(site.house))
    .filter((line) => line.startsWith(`${project} `))
    .map((line) => line.split(' ').at(-1))

/** The month worked out as a whole. */
const monthOf = (units: number, calls: number) => {
  const billed = Math.max(0, units - 10)
  return String(Math.min(billed, 100) * 2 + Math.max(0, billed - 100) + calls / 10)
}

test('records and true-up of a month are together what the whole month costs', async () => {
  for (const units of ['4', '3', '2']) await charge(site, [stored('small', units)])
  await trueUp()
  assert.deepEqual(await netOf('small'), [monthOf(9, 3)])

  await charge(site, [stored('small', '50')])
  await charge(site, [stored('small', '80')])
  await trueUp()
  assert.deepEqual(await netOf('small'), [monthOf(139, 5)])
  await assertBooksAgree(site.house)
})

test('a true-up is written once, and nothing is left to do after it', async () => {
  await charge(site, [stored('once', '30'), stored('once', '300', { startsAt: on('2026-12-05') })])
  const { lines } = await trueUp()
  assert.equal(lines, 2)
  const traces = await tracesIn(site.house)
  assert.deepEqual(await trueUp(), { lines: 0, amounts: new Map() })
  assert.deepEqual(await tracesIn(site.house), traces)
})

test('corrections after the true-up move it along, to any month', async () => {
  const usage = stored('moved', '200')
  await charge(site, [usage])
  await trueUp()
  assert.deepEqual(await netOf('moved'), [monthOf(200, 1)])
  await charge(site, [{ ...usage, quantities: { units: '5', calls: '1' }, measuredAt: usage.measuredAt + 1 }])
  await trueUp()
  assert.deepEqual(await netOf('moved'), ['0.1'])
  const december = { startsAt: on('2026-12-20'), endsAt: on('2026-12-21') }
  await charge(site, [
    { ...usage, ...december, quantities: { units: '20', calls: '1' }, measuredAt: usage.measuredAt + 2 },
  ])
  await trueUp()
  assert.deepEqual(await netOf('moved'), [monthOf(20, 1)])
  await assertBooksAgree(site.house)
})

test('what a crash left between charges and true-up is found by the next run', async () => {
  await charge(site, [stored('crashed', '40')])
  // Another process, that knows nothing of what this one has charged.
  const later = await newSiteMemory()
  await writeTrueUps(site.house, 'bursar', later, new Date(Date.now() - 60_000))
  assert.deepEqual(await netOf('crashed'), ['80.1'], 'somebody may still be charging there')
  await writeTrueUps(site.house, 'bursar', later)
  assert.deepEqual(await netOf('crashed'), [monthOf(40, 1)])
})

test('true-ups of one project at once from two processes are written once', async () => {
  await charge(site, [stored('race', '500')])
  const memories = [await newSiteMemory(), await newSiteMemory()]
  const results = await Promise.all(memories.map((memory) => writeTrueUps(site.house, 'bursar', memory)))
  assert.equal(
    results.reduce((sum, { lines }) => sum + lines, 0),
    1,
  )
  assert.deepEqual(await netOf('race'), [monthOf(500, 1)])
  await assertBooksAgree(site.house)
  assert.deepEqual(await rows(site.database.pool, 'select operation from charging.due_true_ups'), [])
})

test('a true-up is explained by the month that it is of, and its charges name it', async () => {
  const own = { source: 'portal', externalId: 'told-1' }
  await charge(site, [stored('told', '30', own)])
  await trueUp()
  await charge(site, [stored('told', '120')])
  await trueUp()
  const [physics] = [...(await partiesOf(site.database.pool)).values()].filter(({ name }) => name === 'told')
  const { trueUps } = await statementOf(site.house, physics as ProjectParty, null, null)
  const ids = trueUps.flatMap((line) => line.ids)
  assert.deepEqual([trueUps.length, ids.length, trueUps[0]?.nanos], [1, 2, -60_000_000_000n])

  const all = async () => true
  const told = async (what: string, mayRead = all) =>
    await explainAny(site.house, newMemory(site.house.zone), what, mayRead)
  const [first, last] = ids.map((id) => numbered('trueUp', id) as string) as [string, string]
  const found = await told(last)
  assert(found)
  const {
    trueUp: line,
    steps,
    trueUps: alike,
  } = found.document as {
    trueUp: Record<string, string>
    steps: { rows: { quantity: string; amount: string }[]; rounded: string }
    trueUps: { id: string; amount: string }[]
  }
  assert.deepEqual(
    [line['quantity'], line['due'], line['charges'], line['trueUpsBefore'], line['amount']],
    ['150', '240', '300', '-20', '-40'],
  )
  assert.deepEqual(
    steps.rows.map(({ quantity, amount }) => `${quantity} ${amount}`),
    ['100 200', '40 40'],
  )
  assert.equal(steps.rounded, '240')
  assert.deepEqual(
    alike.map(({ id, amount }) => `${id} ${amount}`),
    [`${first} -20`, `${last} -40`],
  )
  const text = spoken((speaker) => found.tell(speaker))
  assert.match(text, /included {2}− 10 = 140\n/)
  assert.match(text, /trf_\d+ {2}40\.00 THB {2}debit usage revenue, credit unbilled receivable \(true-up, 2026-11\)/)

  const record = await told('portal/told-1')
  assert.match(
    spoken((speaker) => record?.tell(speaker)),
    new RegExp(`all of 2026-11: -60\\.00 THB {3}${last}\n`),
  )
  assert.equal(await told(last, async () => false), undefined)
  assert.equal(await told('tru_1'), undefined)
})

test('a true-up is explained with the prices and discounts of its time', async (t) => {
  const own = await newSite(tiered)
  t.after(() => own.drop())
  await charge(own, [stored('then', '30')])
  await writeTrueUps(own.house, 'tester', own.memory)
  await setBook(own.house, 'discounts:\n  - { service: storage, from: 2026-11-01, percent: 50 }\n')
  const [row] = await rows<{ id: string }>(own.database.pool, 'select id from charging.true_ups')
  const found = await explainTrueUp(own.house, newMemory(own.house.zone), BigInt(row?.id ?? 0))
  assert.deepEqual([found?.steps?.rounded, found?.steps?.discountPercent], ['40', undefined])
})

async function newSiteMemory() {
  return newMemory('Asia/Bangkok')
}

test('a true-up of a month in which a project began to pay in advance goes to the wallet and off the bill, by what each was charged', async () => {
  const pays = (payment: string) =>
    importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,turned,${payment}\n`)
  await pays('postpaid')
  await charge(site, [stored('turned', '30')])
  await pays('prepaid')
  await charge(site, [stored('turned', '10')])
  await trueUp()
  const balances = async () =>
    await rows<{ line: string }>(
      site.database.pool,
      `select a.kind || ' ' || trim_scale(a.posted) as line from ledger.accounts a join parties.projects p on p.id = a.owner
        where p.name = 'turned' order by a.kind`,
    )
  // 40 units: 30 billed at 2, so 60 less 15 of the 20 that are included; and 20 less 5 from the wallet; and the calls.
  assert.deepEqual(
    (await balances()).map(({ line }) => line),
    ['unbilled_receivable 45.1', 'wallet -15.1'],
  )
  const found = await rows<{ id: string }>(
    site.database.pool,
    `select t.id from charging.true_ups t join parties.projects p on p.id = t.project where p.name = 'turned' order by t.id`,
  )
  const told = await Promise.all(
    found.map(({ id }) => explainTrueUp(site.house, newMemory('Asia/Bangkok'), BigInt(id))),
  )
  assert.deepEqual(
    told.map((each) => [each?.steps?.rounded, each?.charges, each?.row.amount, each?.beside]),
    [
      ['60', 80_000_000_000n, '-5.000000000', -15_000_000_000n],
      ['60', 80_000_000_000n, '-15.000000000', -5_000_000_000n],
    ],
  )
  await assertBooksAgree(site.house)
})

test('what a wallet paid comes back to it when its project has turned to bills since', async () => {
  const pays = (payment: string) =>
    importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,back,${payment}\n`)
  await pays('prepaid')
  await charge(site, [stored('back', '30')])
  await pays('postpaid')
  await trueUp()
  const found = await rows<{ line: string }>(
    site.database.pool,
    `select a.kind || ' ' || trim_scale(a.posted) as line from ledger.accounts a join parties.projects p on p.id = a.owner
      where p.name = 'back' and a.posted <> 0`,
  )
  assert.deepEqual(
    found.map(({ line }) => line),
    ['wallet -40.1'],
  )
})
