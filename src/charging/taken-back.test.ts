import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Credits } from '../credits/commands.ts'
import { rows } from '../database/reader.ts'
import type { Fact } from '../metering/fact.ts'
import { trying } from '../operations/trial.ts'
import { Counter } from './counter-commands.ts'
import { newMemory } from './memory-commands.ts'
import { findRefundable, refund } from './refund-commands.ts'
import { assertBooksAgree, charge, fact, importSheet, newSite, type Site, tracesIn } from './testing.ts'
import { writeTrueUps } from './true-up-commands.ts'

let site: Site
let counter: Counter
before(async () => {
  site = await newSite(
    `prices:\n  - { service: storage, component: volume, from: 2020-01-01, currency: THB, quantity: units, base: period, graduated: [{ upTo: 6, price: 1 }, { upTo: null, price: 0 }] }\n`,
  )
  counter = new Counter(new Credits(site.house, { waitMaxMilliseconds: 60_000 }))
})
after(async () => {
  await counter.credits.lane.close()
  await site.drop()
})

const baht = 1_000_000_000n
const me = () => ({ principal: 'tester', key: randomUUID() })
const currency = 'THB'

async function prepaid(name: string): Promise<string> {
  await importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,${name},prepaid\n`)
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects where name = $1`, [
    name,
  ])
  const owner = project?.id ?? ''
  await counter.credits.grant(me(), { owner, currency, origin: 'purchase', nanos: 100n * baht, expiresAt: null })
  return owner
}

/** What a budget counts, and what is left of dated credits and of all. */
async function stands(owner: string): Promise<{ used: string; dated: string; all: string }> {
  const [found] = await rows<{ used: string; dated: string; all: string }>(
    site.database.pool,
    `select trim_scale(w.used)::text as used, trim_scale(a.posted)::text as "all",
            (select trim_scale(sum(l.posted))::text from credits.lots l where l.wallet = a.id) as dated
       from credits.budget_windows w join ledger.accounts a on a.id = w.wallet
      where a.owner = $1`,
    [owner],
  )
  assert(found)
  return found
}

test('what a true-up only takes back again is drawn of no dated credits and counts in no budget', async () => {
  const stored = (name: string, units: string) => fact({ service: 'storage', projectName: name, quantities: { units } })
  const none = (usage: Fact) => ({ ...usage, quantities: { units: '0' }, measuredAt: usage.measuredAt + 1 })
  const trueUp = () => writeTrueUps(site.house, 'tester', site.memory)
  for (const [n, place] of [0, 1].entries()) {
    // The budget and the dated credits come before everything, or between the two.
    const name = `taken-back-${n}`
    const owner = await prepaid(name)
    const told = [stored(name, '3'), stored(name, '4')] as const
    for (const [at, usage] of told.entries()) {
      if (at === place) {
        const dated = { owner, currency, origin: 'purchase', nanos: 10n * baht, expiresAt: Date.now() + 86_400_000 }
        await counter.credits.grant(me(), dated)
        await counter.credits.budget(me(), { owner, currency, span: 'total', nanos: 50n * baht })
      }
      await charge(site, [usage])
    }
    await trueUp()
    await charge(site, [none(told[1])])
    await trueUp()
    assert.equal((await stands(owner)).used, place === 0 ? '3' : '0')
    await charge(site, [none(told[0])])
    await trueUp()
    assert.deepEqual(await stands(owner), { used: '0', dated: '10', all: '110' }, name)
  }
  await assertBooksAgree(site.house)
})

test('a wallet is refunded no more than it paid in a month that was billed in part', async () => {
  const stored = () => fact({ service: 'storage', projectName: 'parted', quantities: { units: '5' } })
  const told = [stored(), stored()] as const
  const owner = await prepaid('parted')
  await charge(site, [told[0]])
  await importSheet(site.house, 'organisation,tier,project,payment\nFaculty,mu,parted,postpaid\n')
  await charge(site, [told[1]])
  await writeTrueUps(site.house, 'tester', site.memory)
  const giveBack = async ({ externalId: of }: Fact, nanos: bigint) =>
    await refund(counter, me(), { of, nanos, reason: 'it failed' }, await findRefundable(counter, of))
  for (const usage of told) {
    // Of the 10 of both the tiers left 6: 3 for each.
    await assert.rejects(giveBack(usage, 4n * baht), {
      type: 'refund-exceeds-paid',
      detail: { currency, asked: '4', left: '3' },
    })
    await giveBack(usage, 3n * baht)
  }
  const found = await rows<{ line: string }>(
    site.database.pool,
    `select kind || ' ' || trim_scale(posted) as line from ledger.accounts where owner = $1 order by kind`,
    [owner],
  )
  assert.deepEqual(
    found.map(({ line }) => line),
    ['unbilled_receivable 0', 'wallet 100'],
  )
  await assertBooksAgree(site.house)
})

test('a dry run of a refund looks at the tiers that are still due, as the refund will, and leaves no trace', async () => {
  await prepaid('tried')
  const told = ['3', '4'].map((units) => fact({ service: 'storage', projectName: 'tried', quantities: { units } }))
  const [first, second] = told as [Fact, Fact]
  for (const usage of told) await charge(site, [usage])
  const giveBack = async ({ externalId: of }: Fact, amount: bigint, dryRun: boolean) => {
    const asked = { of, nanos: amount * baht, reason: 'it failed' }
    await refund(counter, { ...me(), dryRun }, asked, await findRefundable(counter, of))
  }
  await giveBack(first, 3n, false)
  // One more that is due, of which the tiers leave nothing to be paid.
  await charge(site, [fact({ service: 'storage', projectName: 'tried', quantities: { units: '2' } })])
  const before = await tracesIn(site.house)
  await assert.rejects(giveBack(second, 4n, true), { type: 'refund-exceeds-paid' })
  await giveBack(second, 3n, true)
  assert.deepEqual(await tracesIn(site.house), before)
  await assert.rejects(giveBack(second, 4n, false), { type: 'refund-exceeds-paid' })
  await giveBack(second, 3n, false)
  await assertBooksAgree(site.house)
})

test('a correction that is only tried keeps nobody else from looking at months', async () => {
  await prepaid('let-go')
  const told = ['3', '4'].map((units) => fact({ service: 'storage', projectName: 'let-go', quantities: { units } }))
  await charge(site, told)
  await writeTrueUps(site.house, 'tester', site.memory)
  const [first] = told as [Fact]
  const none = { ...first, quantities: { units: '0' }, measuredAt: first.measuredAt + 1 }
  await trying(site.house, async (house) => {
    const { corrected } = await charge({ house, memory: newMemory(house.zone) }, [none])
    assert.equal(corrected, 1)
    const client = await site.database.pool.connect()
    const asked = await client.query(`select pg_try_advisory_lock(7246191036) as free, pg_advisory_unlock(7246191036)`)
    client.release()
    assert.equal(asked.rows[0].free, true)
  })
})
