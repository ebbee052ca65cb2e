import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Credits } from '../credits/commands.ts'
import { walletLinesOf } from '../credits/flow-commands.ts'
import { rows } from '../database/reader.ts'
import type { Problem } from '../http/problem.ts'
import type { Fact } from '../metering/fact.ts'
import { nanosFrom } from '../values/money.ts'
import { Counter } from './counter-commands.ts'
import { findRefundable, refund } from './refund-commands.ts'
import { assertBooksAgree, charge, fact, importSheet, newSite, setBook, type Site, usualPrices } from './testing.ts'
import { writeTrueUps } from './true-up-commands.ts'

let site: Site
let counter: Counter
before(async () => {
  site = await newSite()
  counter = new Counter(new Credits(site.house, { waitMaxMilliseconds: 60_000 }))
})
after(async () => {
  await counter.credits.lane.close()
  await site.drop()
})

const baht = 1_000_000_000n
const day = 86_400_000
const me = () => ({ principal: 'tester', key: randomUUID() })
const currency = 'THB'

/** A prepaid project with 100 that never expire, and 10 that do. */
async function prepaid(name: string, expiresAt = Date.now() + day): Promise<string> {
  await importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,${name},prepaid\n`)
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects where name = $1`, [
    name,
  ])
  const owner = project?.id ?? ''
  const asked = { owner, currency, origin: 'purchase' }
  await counter.credits.grant(me(), { ...asked, nanos: 100n * baht, expiresAt: null })
  await counter.credits.grant(me(), { ...asked, nanos: 10n * baht, expiresAt })
  return owner
}

/** Usage that costs so much: 1 THB a core-hour. */
const costing = (cost: number, usage: Fact, version = 0): Fact => ({
  ...usage,
  quantities: { cpu_core_seconds: String(cost * 3600) },
  measuredAt: usage.measuredAt + version,
})

async function giveBack({ externalId: of }: Fact, amount: bigint): Promise<void> {
  await refund(counter, me(), { of, nanos: amount * baht, reason: 'it failed' }, await findRefundable(counter, of))
}

/** What is left of dated credits, and of undated ones. */
async function left(owner: string): Promise<readonly string[]> {
  const [found] = await rows<{ dated: string; undated: string }>(
    site.database.pool,
    `select trim_scale(sum(l.posted))::text as dated, trim_scale(a.posted - sum(l.posted))::text as undated
       from ledger.accounts a join credits.lots l on l.wallet = a.id
      where a.owner = $1 and a.currency = 'THB' group by a.id`,
    [owner],
  )
  return found ? [found.dated, found.undated] : []
}

test('a correction of what was refunded goes on from the credits to which the refund went', async () => {
  const cases = [
    { refunded: 20n, corrected: 0, due: ['10', '100'] },
    { refunded: 20n, corrected: 5, due: ['5', '100'] },
    { refunded: 5n, corrected: 4, due: ['6', '100'] },
    { refunded: 5n, corrected: 12, due: ['0', '98'] },
    { refunded: 15n, corrected: 30, due: ['0', '80'] },
    { refunded: 0n, corrected: 0, due: ['10', '100'] },
  ]
  for (const [n, { refunded, corrected, due }] of cases.entries()) {
    const owner = await prepaid(`refunded-${n}`)
    const usage = fact({ projectName: `refunded-${n}` })
    await charge(site, [costing(20, usage)])
    if (refunded > 0n) await giveBack(usage, refunded)
    await charge(site, [costing(corrected, usage, 1)])
    assert.deepEqual(await left(owner), due, `${refunded} refunded, corrected to ${corrected}`)
  }
  await assertBooksAgree(site.house)
})

test('what comes back twice to credits whose time is over expires twice', async () => {
  const expiresAt = Date.now() + 1_500
  const owner = await prepaid('over', expiresAt)
  const usage = fact({ projectName: 'over' })
  await charge(site, [costing(8, usage)])
  await sleep(expiresAt - Date.now() + 20)
  const swept = async () => {
    await counter.credits.sweep(owner, currency)
    return await left(owner)
  }
  assert.deepEqual(await swept(), ['0', '100'])
  await giveBack(usage, 3n)
  assert.deepEqual(await swept(), ['0', '100'])
  await charge(site, [costing(1, usage, 1)])
  assert.deepEqual(await swept(), ['0', '99'])
})

async function hold(payer: string, amount: bigint, person: string | null = null): Promise<boolean> {
  const asked = { payer, project: payer, person, provider: randomUUID(), service: 'desk', subtype: '*', currency }
  try {
    await counter.hold(me(), { ...asked, cost: { nanos: amount * baht }, overrun: 'charge', seconds: 600 })
    return true
  } catch (error) {
    assert.equal((error as Problem).type, 'budget-exhausted')
    return false
  }
}

type Span = 'day' | 'month' | 'total'
const budget = (owner: string, span: Span, nanos: bigint) =>
  counter.credits.budget(me(), { owner, currency, span, nanos: nanos * baht })

async function used(owner: string): Promise<readonly string[]> {
  const found = await rows<{ line: string }>(
    site.database.pool,
    `select w.span || ' ' || trim_scale(w.used) as line from credits.budget_windows w
       join ledger.accounts a on a.id = w.wallet where a.owner = $1 order by w.span, w.starts`,
    [owner],
  )
  return found.map(({ line }) => line)
}

test('what was charged before there was a budget leaves nothing to spend in it when it is given back', async () => {
  for (const way of ['corrected', 'refunded'] as const) {
    const owner = await prepaid(`before-${way}`)
    const usage = fact({ projectName: `before-${way}` })
    await charge(site, [costing(8, usage)])
    await budget(owner, 'total', 10n)
    assert.ok(await hold(owner, 10n))
    if (way === 'corrected') await charge(site, [costing(0, usage, 1)])
    else await giveBack(usage, 8n)
    assert.deepEqual(await used(owner), ['total 10'], way)
    assert.equal(await hold(owner, 8n), false, way)
  }
})

test('what is given back counts no more where it counted, once', async () => {
  const owner = await prepaid('counted')
  const usage = fact({ projectName: 'counted', personName: 'cora' })
  await charge(site, [costing(1, fact({ projectName: 'counted', personName: 'cora' }))])
  const [person] = await rows<{ id: string }>(site.database.pool, `select id from parties.people where name = 'cora'`)
  for (const each of [owner, person?.id ?? '']) await budget(each, 'total', 50n)
  const both = async () => [...(await used(owner)), ...(await used(person?.id ?? ''))]
  await charge(site, [costing(8, usage), costing(3, fact({ projectName: 'counted', personName: 'cora' }))])
  assert.deepEqual(await both(), ['total 11', 'total 11'])
  await giveBack(usage, 5n)
  assert.deepEqual(await both(), ['total 6', 'total 6'])
  await charge(site, [costing(4, usage, 1)])
  assert.deepEqual(await both(), ['total 7', 'total 7'])
  // The same usage, of somebody else.
  await charge(site, [costing(4, { ...usage, personName: 'dora' }, 2)])
  assert.deepEqual(await both(), ['total 7', 'total 3'])
})

test('what a project that moved is given back makes room where it was, and not where it is', async () => {
  const owner = await prepaid('moving')
  const [there] = await rows<{ id: string }>(site.database.pool, `select id from parties.organisations`)
  const usage = fact({ projectName: 'moving' })
  await importSheet(site.house, `organisation,tier,project,payment\nElsewhere,mu,settled,prepaid\n`)
  const [elsewhere] = await rows<{ id: string }>(
    site.database.pool,
    `select id from parties.organisations where name = 'Elsewhere'`,
  )
  const organisations = [there?.id ?? '', elsewhere?.id ?? '']
  for (const each of organisations) await budget(each, 'month', 50n)
  await charge(site, [costing(8, usage)])
  await importSheet(site.house, `organisation,tier,project,payment\nElsewhere,mu,moving,prepaid\n`)
  assert.ok(await hold(owner, 10n))
  await charge(site, [costing(2, usage, 1)])
  assert.deepEqual(await Promise.all(organisations.map(used)), [['month 0'], ['month 12']])
})

test('what the tiers of a month give back counts no more where it counted, and is dated as it was', async () => {
  await setBook(
    site.house,
    `${usualPrices}  - { service: storage, component: volume, from: 2020-01-01, currency: THB, quantity: units, base: period, graduated: [{ upTo: 6, price: 1 }, { upTo: null, price: 0 }] }\n`,
  )
  const owner = await prepaid('tiered')
  const stored = (units: string) => fact({ service: 'storage', projectName: 'tiered', quantities: { units } })
  await charge(site, [stored('3')])
  await budget(owner, 'total', 50n)
  await charge(site, [stored('4')])
  assert.deepEqual([await used(owner), await left(owner)], [['total 4'], ['3', '100']])
  await writeTrueUps(site.house, 'tester', site.memory)
  assert.deepEqual([await used(owner), await left(owner)], [['total 3'], ['4', '100']])
  await charge(site, [stored('2')])
  await writeTrueUps(site.house, 'tester', site.memory)
  assert.deepEqual([await used(owner), await left(owner)], [['total 3'], ['4', '100']])
})

test('a statement adds up to what the wallet has, whatever was refunded and corrected', async () => {
  const owner = await prepaid('stated')
  const usage = fact({ projectName: 'stated' })
  const wallet = async () => {
    const [line] = await walletLinesOf(site.database.pool, owner, null, null)
    assert(line)
    const { granted, spent, refunded, now } = line
    return [granted, spent, refunded].map((nanos) => nanos / baht).concat(nanosFrom(now.posted) / baht)
  }
  await charge(site, [costing(20, usage)])
  await giveBack(usage, 20n)
  assert.deepEqual(await wallet(), [110n, 20n, 20n, 110n])
  await charge(site, [costing(5, usage, 1)])
  assert.deepEqual(await wallet(), [110n, 5n, 0n, 105n])
})

test('no more is refunded of the usage of a month than its tiers left to be paid', async () => {
  const owner = await prepaid('tiers-refunded')
  const told = ['3', '4'].map((units) =>
    fact({ service: 'storage', projectName: 'tiers-refunded', quantities: { units } }),
  ) as [Fact, Fact]
  for (const usage of told) await charge(site, [usage])
  await writeTrueUps(site.house, 'tester', site.memory)
  await giveBack(told[0], 3n)
  await assert.rejects(giveBack(told[1], 4n), {
    type: 'refund-exceeds-paid',
    detail: { currency, asked: '4', left: '3' },
  })
  await giveBack(told[1], 3n)
  assert.deepEqual(await left(owner), ['10', '100'])
  await assertBooksAgree(site.house)
})

test('a refund looks at the tiers of its month first, also where nobody has since the last usage', async () => {
  const owner = await prepaid('tiers-due')
  const told = ['3', '4'].map((units) => fact({ service: 'storage', projectName: 'tiers-due', quantities: { units } }))
  const [first, second] = told as [Fact, Fact]
  for (const usage of told) await charge(site, [usage])
  await giveBack(first, 3n)
  await assert.rejects(giveBack(second, 4n), { type: 'refund-exceeds-paid' })
  await giveBack(second, 3n)
  await writeTrueUps(site.house, 'tester', site.memory)
  assert.deepEqual(await left(owner), ['10', '100'])
  await assertBooksAgree(site.house)
})

test('no more is refunded of a month with two prices of one thing than their tiers left of all of it', async () => {
  const tiers = 'graduated: [{ upTo: 6, price: 1 }, { upTo: null, price: 0 }]'
  const line = (scope: string) =>
    `  - { service: archive, component: volume, from: 2020-01-01, ${scope}currency: THB, quantity: units, base: period, ${tiers} }\n`
  await setBook(site.house, `${usualPrices}${line('')}${line('tier: other, ')}`)
  const owner = await prepaid('two-prices')
  await budget(owner, 'total', 50n)
  const archived = (units: string) => fact({ service: 'archive', projectName: 'two-prices', quantities: { units } })
  const [first, second] = [archived('5'), archived('5')]
  await charge(site, [first])
  await charge(site, [second])
  await importSheet(site.house, `organisation,tier,project,payment\nFaculty,other,two-prices,prepaid\n`)
  await charge(site, [archived('2')])
  await writeTrueUps(site.house, 'tester', site.memory)
  assert.deepEqual([await used(owner), await left(owner)], [['total 6'], ['6', '98']])
  await assertBooksAgree(site.house)
  await giveBack(second, 5n)
  await assert.rejects(giveBack(first, 2n), {
    type: 'refund-exceeds-paid',
    detail: { currency, asked: '2', left: '1' },
  })
  await giveBack(first, 1n)
  assert.deepEqual([await used(owner), await left(owner)], [['total 0'], ['10', '100']])
  await assertBooksAgree(site.house)
})

test('a correction in a month with tiers leaves dates and budgets as if it had been told so at first', async () => {
  const stored = (name: string, units: string) => fact({ service: 'storage', projectName: name, quantities: { units } })
  const again = (usage: Fact, units: string) => ({
    ...usage,
    quantities: { units },
    measuredAt: usage.measuredAt + 1,
  })
  const cases = [
    { corrected: ['3', '0'], due: ['7', '100'], counts: 'total 3' },
    { corrected: ['0', '4'], due: ['6', '100'], counts: 'total 4' },
    { corrected: ['0', '0'], due: ['10', '100'], counts: 'total 0' },
  ]
  for (const [n, { corrected, due, counts }] of cases.entries()) {
    const name = `tiers-${n}`
    const owner = await prepaid(name)
    await budget(owner, 'total', 50n)
    const told = [stored(name, '3'), stored(name, '4')]
    for (const usage of told) await charge(site, [usage])
    await writeTrueUps(site.house, 'tester', site.memory)
    assert.deepEqual([await used(owner), await left(owner)], [['total 6'], ['4', '100']])
    for (const [place, usage] of told.entries()) await charge(site, [again(usage, corrected[place] as string)])
    await writeTrueUps(site.house, 'tester', site.memory)
    assert.deepEqual([await used(owner), await left(owner)], [[counts], due], name)
  }
  await assertBooksAgree(site.house)
})
