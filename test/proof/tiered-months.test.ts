import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter } from '../../src/charging/counter-commands.ts'
import { findRefundable, refund } from '../../src/charging/refund-commands.ts'
import { charge, fact, importSheet, newSite, setBook } from '../../src/charging/testing.ts'
import { writeTrueUps } from '../../src/charging/true-up-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { rows } from '../../src/database/reader.ts'
import { proveBooks } from '../../src/proof/commands.ts'

const baht = 1_000_000_000n
const day = 86_400_000
const currency = 'THB'
const me = () => ({ principal: 'tester', key: randomUUID() })
const sheet = (tier: string) => `organisation,tier,project,payment\nFaculty,${tier},chem,prepaid\n`

test('months whose tiers look at two prices of one thing are proved, whatever was refunded and corrected', async (t) => {
  const site = await newSite()
  const { house } = site
  const counter = new Counter(new Credits(house))
  t.after(async () => {
    await counter.credits.lane.close()
    await site.drop()
  })
  const line = (scope: string) =>
    `  - { service: store, component: volume, from: 2020-01-01, ${scope}currency: THB, quantity: units, base: period, graduated: [{ upTo: 6, price: 1 }, { upTo: null, price: 0 }] }\n`
  await setBook(house, `prices:\n${line('')}${line('tier: other, ')}`)
  await importSheet(house, sheet('mu'))
  const [project] = await rows<{ id: string }>(
    site.database.pool,
    `select id from parties.projects where name = 'chem'`,
  )
  const owner = project?.id ?? ''
  const granted = { owner, currency, origin: 'gift', nanos: 20n * baht }
  await counter.credits.grant(me(), { ...granted, expiresAt: null })
  await counter.credits.grant(me(), { ...granted, expiresAt: Date.now() + day })
  await counter.credits.budget(me(), { owner, currency, span: 'total', nanos: 100n * baht })
  const told = ['5', '5', '2'].map((units) => fact({ service: 'store', projectName: 'chem', quantities: { units } }))
  const [first, second, third] = told as [ReturnType<typeof fact>, ReturnType<typeof fact>, ReturnType<typeof fact>]
  const proved = async () => {
    for await (const { name, ok, detail } of proveBooks(house)) assert.ok(ok, `${name}: ${detail}`)
  }
  const trueUp = async () => {
    await writeTrueUps(house, 'tester', site.memory)
    await proved()
  }
  const giveBack = async (of: string, amount: bigint) =>
    refund(counter, me(), { of, nanos: amount * baht, reason: 'it failed' }, await findRefundable(counter, of))
  await charge(site, [first])
  await charge(site, [second])
  await importSheet(house, sheet('other'))
  await charge(site, [third])
  await trueUp()
  await giveBack(second.externalId, 3n)
  await proved()
  await charge(site, [{ ...third, quantities: { units: '0' }, measuredAt: third.measuredAt + 1 }])
  await trueUp()
  await charge(site, [{ ...first, quantities: { units: '0' }, measuredAt: first.measuredAt + 1 }])
  await trueUp()
  await assert.rejects(giveBack(second.externalId, 3n), { type: 'refund-exceeds-paid' })
  await giveBack(second.externalId, 2n)
  await trueUp()
  // What nobody paid for in the end is as if it had not been told.
  const [left] = await rows<{ used: string; posted: string; dated: string }>(
    site.database.pool,
    `select trim_scale(w.used)::text as used, trim_scale(a.posted)::text as posted,
            (select trim_scale(sum(posted))::text from credits.lots l where l.wallet = a.id) as dated
       from credits.budget_windows w join ledger.accounts a on a.id = w.wallet`,
  )
  assert.deepEqual(left, { used: '0', posted: '40', dated: '20' })
})

test('a correction that began before a page and waited may give back of it', async (t) => {
  const site = await newSite(
    `prices:\n  - { service: store, component: volume, from: 2020-01-01, currency: THB, quantity: units, base: period, graduated: [{ upTo: 6, price: 1 }, { upTo: null, price: 0 }] }\n`,
  )
  const { house } = site
  const counter = new Counter(new Credits(house))
  t.after(async () => {
    await counter.credits.lane.close()
    await site.drop()
  })
  await importSheet(house, sheet('mu'))
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects`)
  const owner = project?.id ?? ''
  await counter.credits.grant(me(), { owner, currency, origin: 'gift', nanos: 20n * baht, expiresAt: Date.now() + day })
  await counter.credits.budget(me(), { owner, currency, span: 'total', nanos: 100n * baht })
  const used = (units: string) => fact({ service: 'store', projectName: 'chem', quantities: { units } })
  const [first, second] = [used('3'), used('4')]
  for (const usage of [first, second]) await charge(site, [usage])
  await writeTrueUps(house, 'tester', site.memory)
  const client = await site.database.pool.connect()
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock(7246191036)')
  const correction = charge(site, [{ ...second, quantities: { units: '0' }, measuredAt: second.measuredAt + 1 }])
  const waiting = `select from pg_locks where locktype = 'advisory' and not granted
                      and database = (select oid from pg_database where datname = current_database())`
  while ((await client.query(waiting)).rowCount === 0) await sleep(5)
  await charge(site, [used('1')])
  await client.query('commit')
  client.release()
  await correction
  await writeTrueUps(house, 'tester', site.memory)
  const [odd] = await rows<{ count: string }>(
    site.database.pool,
    `select count(*) as count from credits.draws where page > operation`,
  )
  assert.equal(odd?.count, '1')
  for await (const { name, ok, detail } of proveBooks(house)) assert.ok(ok, `${name}: ${detail}`)
})
