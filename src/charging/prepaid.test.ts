import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Credits } from '../credits/commands.ts'
import { rows } from '../database/reader.ts'
import { assertBooksAgree, charge, fact, importSheet, newSite, on, setBook, type Site, usualPrices } from './testing.ts'
import { rerate } from './rerate-commands.ts'

let site: Site
let credits: Credits
before(async () => {
  site = await newSite()
  credits = new Credits(site.house, { waitMaxMilliseconds: 60_000 })
})
after(async () => {
  await credits.lane.close()
  await site.drop()
})

const baht = 1_000_000_000n
const me = () => ({ principal: 'tester', key: randomUUID() })

/** A prepaid project with these credits; the organisation is one for all. */
async function prepaid(name: string, nanos: bigint, expiresAt: number | null = null): Promise<string> {
  await importSheet(site.house, `organisation,tier,project,payment\nFaculty,mu,${name},prepaid\n`)
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects where name = $1`, [
    name,
  ])
  const owner = project?.id ?? ''
  if (nanos > 0n) await credits.grant(me(), { owner, currency: 'THB', nanos, origin: 'purchase', expiresAt })
  return owner
}

async function walletOf(owner: string) {
  const found = await rows<{ posted: string; overrun: string }>(
    site.database.pool,
    `select trim_scale(posted)::text as posted, trim_scale(overrun)::text as overrun
       from ledger.accounts where owner = $1 and kind = 'wallet' and currency = 'THB'`,
    [owner],
  )
  return found[0]
}

test('a prepaid project pays from its wallet, and what the wallet lacks stands as overrun', async () => {
  const owner = await prepaid('ahead', 3n * baht)
  await charge(site, [fact({ projectName: 'ahead' })])
  assert.deepEqual(await walletOf(owner), { posted: '1', overrun: '0' })
  await charge(site, [fact({ projectName: 'ahead' })])
  assert.deepEqual(await walletOf(owner), { posted: '-1', overrun: '1' })
  await credits.grant(me(), { owner, currency: 'THB', nanos: 5n * baht, origin: 'purchase', expiresAt: null })
  assert.deepEqual(await walletOf(owner), { posted: '4', overrun: '0' })
  await assertBooksAgree(site.house)
})

test('a wallet that nobody opened takes the charge as debt', async () => {
  const owner = await prepaid('never-granted', 0n)
  await charge(site, [fact({ projectName: 'never-granted' })])
  assert.deepEqual(await walletOf(owner), { posted: '-2', overrun: '2' })
})

test('charges spend dated credits first, and budgets count them', async () => {
  const owner = await prepaid('dated', baht, Date.now() + 86_400_000)
  await credits.grant(me(), { owner, currency: 'THB', nanos: 9n * baht, origin: 'purchase', expiresAt: null })
  await credits.budget(me(), { owner, currency: 'THB', span: 'month', nanos: baht })
  await charge(site, [fact({ projectName: 'dated' })])
  const lots = await rows(
    site.database.pool,
    `select trim_scale(l.posted)::text as posted from credits.lots l join ledger.accounts a on a.id = l.wallet
      where a.owner = $1`,
    [owner],
  )
  assert.deepEqual(lots, [{ posted: '0' }])
  const windows = await rows(
    site.database.pool,
    `select trim_scale(w.used)::text as used, trim_scale(w.overrun)::text as overrun
       from credits.budget_windows w join ledger.accounts a on a.id = w.wallet where a.owner = $1`,
    [owner],
  )
  assert.deepEqual(windows, [{ used: '2', overrun: '1' }])
  await assertBooksAgree(site.house)
})

test('a correction goes back to where the charge was paid from', async () => {
  const owner = await prepaid('corrected', 10n * baht)
  const usage = fact({ projectName: 'corrected' })
  await charge(site, [usage])
  const less = { ...usage, quantities: { cpu_core_seconds: '3600' }, measuredAt: usage.measuredAt + 1 }
  await charge(site, [less])
  assert.deepEqual(await walletOf(owner), { posted: '9', overrun: '0' })

  const owed = fact({ projectName: 'owing' })
  await charge(site, [owed])
  const later = await prepaid('owing', 0n)
  await charge(site, [{ ...owed, quantities: { cpu_core_seconds: '3600' }, measuredAt: owed.measuredAt + 1 }])
  assert.deepEqual(await walletOf(later), { posted: '-1', overrun: '1' })
  await assertBooksAgree(site.house)
})

test('rating anew moves the wallet by the difference', async () => {
  const owner = await prepaid('anew', 10n * baht)
  const startsAt = on('2027-05-10')
  await charge(site, [fact({ projectName: 'anew', startsAt })])
  assert.deepEqual(await walletOf(owner), { posted: '8', overrun: '0' })
  await setBook(site.house, usualPrices.replaceAll('2020-01-01', '2027-05-01').replace('price: 1,', 'price: 3,'))
  const choice = { project: owner, from: null, to: null, principal: 'tester', reason: 'a new price', dryRun: false }
  await rerate(site.house, choice, site.memory)
  assert.deepEqual(await walletOf(owner), { posted: '4', overrun: '0' })
  await assertBooksAgree(site.house)
})

test('the budget of a person counts what wallets paid for the usage of that person, corrections as well', async () => {
  await prepaid('personal', 10n * baht)
  const usage = fact({ projectName: 'personal', personName: 'pat' })
  await charge(site, [fact({ projectName: 'personal', personName: 'pat', quantities: { cpu_core_seconds: '0' } })])
  const [person] = await rows<{ id: string }>(site.database.pool, `select id from parties.people where name = 'pat'`)
  const owner = person?.id ?? ''
  await credits.budget(me(), { owner, currency: 'THB', span: 'total', nanos: 3n * baht })
  const used = async () =>
    (
      await rows<{ used: string }>(
        site.database.pool,
        `select trim_scale(w.used)::text as used from credits.budget_windows w
           join ledger.accounts a on a.id = w.wallet where a.owner = $1`,
        [owner],
      )
    )[0]?.used
  await charge(site, [usage])
  assert.equal(await used(), '2')
  await charge(site, [{ ...usage, quantities: { cpu_core_seconds: '3600' }, measuredAt: usage.measuredAt + 1 }])
  assert.equal(await used(), '1')
})

test('what a correction gives back goes to the dated credits that had paid it', async () => {
  const owner = await prepaid('returned', baht, Date.now() + 86_400_000)
  await credits.grant(me(), { owner, currency: 'THB', nanos: 9n * baht, origin: 'purchase', expiresAt: null })
  const usage = fact({ projectName: 'returned' })
  const lots = async () =>
    (
      await rows<{ posted: string }>(
        site.database.pool,
        `select trim_scale(l.posted)::text as posted from credits.lots l join ledger.accounts a on a.id = l.wallet
          where a.owner = $1`,
        [owner],
      )
    ).map(({ posted }) => posted)
  await charge(site, [usage])
  assert.deepEqual([(await walletOf(owner))?.posted, ...(await lots())], ['8', '0'])
  await charge(site, [{ ...usage, quantities: { cpu_core_seconds: '900' }, measuredAt: usage.measuredAt + 1 }])
  assert.deepEqual([(await walletOf(owner))?.posted, ...(await lots())], ['9.75', '0.75'])
  await charge(site, [{ ...usage, quantities: { cpu_core_seconds: '0' }, measuredAt: usage.measuredAt + 2 }])
  assert.deepEqual([(await walletOf(owner))?.posted, ...(await lots())], ['10', '1'])
  await assertBooksAgree(site.house)
})
