import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Credits } from '../credits/commands.ts'
import { rows } from '../database/reader.ts'
import type { Fact } from '../metering/fact.ts'
import { Counter } from './counter-commands.ts'
import { findRefundable, refund } from './refund-commands.ts'
import { assertBooksAgree, charge, fact, importSheet, newSite, type Site } from './testing.ts'

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
async function prepaid(name: string): Promise<string> {
  await importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,${name},prepaid\n`)
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects where name = $1`, [
    name,
  ])
  const owner = project?.id ?? ''
  const asked = { owner, currency, origin: 'purchase' }
  await counter.credits.grant(me(), { ...asked, nanos: 100n * baht, expiresAt: null })
  await counter.credits.grant(me(), { ...asked, nanos: 10n * baht, expiresAt: Date.now() + day })
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
