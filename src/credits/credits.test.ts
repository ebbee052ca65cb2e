import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../http/problem.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { Credits } from './commands.ts'
import { releaseCommand, settleCommand } from './end.ts'
import { growCommand, type HoldInput, holdCommand } from './hold.ts'
import { dueWallets } from './listing/sql.ts'

let fresh: FreshHouse
let credits: Credits
before(async () => {
  fresh = await freshHouse()
  credits = new Credits(fresh.house, { waitMaxMilliseconds: 60_000 })
})
after(async () => {
  await credits.lane.close()
  await fresh.drop()
})

const one = 1_000_000_000n
const me = () => ({ principal: 'tester', key: randomUUID() })
const noCharge = { told: () => ({}), write() {} }
const provider = randomUUID()

async function walletWith(nanos: bigint, expiresAt: number | null = null): Promise<string> {
  const owner = randomUUID()
  await credits.grant(me(), { owner, currency: 'CREDIT', nanos, origin: 'gift', expiresAt })
  return owner
}

const holdOf = (owner: string, nanos: bigint, more: Partial<HoldInput> = {}): HoldInput => ({
  payer: owner,
  project: owner,
  person: null,
  provider,
  owners: [owner],
  currency: 'CREDIT',
  service: 'test',
  subtype: '*',
  nanos,
  overrun: 'charge',
  seconds: 600,
  estimate: null,
  ...more,
})

type Told = { id: string; held: string; available: string; state: string; absorbed: string; released: string }
const parsed = (answer: string) => JSON.parse(answer) as Told

const hold = async (owner: string, nanos: bigint, more: Partial<HoldInput> = {}) =>
  parsed(
    (
      await credits.submit(
        me(),
        'credits.hold',
        { owner, nanos: String(nanos) },
        holdCommand(holdOf(owner, nanos, more)),
      )
    ).answer,
  )
const numberIn = (id: string) => BigInt(id.slice(4))
const settle = async (id: string, nanos: bigint, isLast = true) =>
  parsed(
    (
      await credits.submit(
        me(),
        'credits.settle',
        { id, nanos: String(nanos) },
        settleCommand({ reservation: numberIn(id), nanos, isLast }, noCharge),
      )
    ).answer,
  )

async function walletOf(owner: string) {
  const { rows } = await fresh.database.pool.query<{ posted: string; held: string; overrun: string }>(
    `select posted, held, overrun from ledger.accounts where owner = $1 and kind = 'wallet'`,
    [owner],
  )
  const [row] = rows
  assert(row)
  return { posted: Number(row.posted), held: Number(row.held), overrun: Number(row.overrun) }
}

test('what is held is set aside, and what is left of it comes back when it is settled', async () => {
  const owner = await walletWith(10n * one)
  const held = await hold(owner, 4n * one)
  assert.deepEqual([held.state, held.held, held.available], ['held', '4', '6'])
  const settled = await settle(held.id, one)
  assert.deepEqual([settled.state, settled.released], ['settled', '3'])
  assert.deepEqual(await walletOf(owner), { posted: 9, held: 0, overrun: 0 })
})

test('a wallet whose reservations all ended before their time is looked at once, and not for ever', async () => {
  const owner = await walletWith(one)
  await settle((await hold(owner, one, { seconds: 1 })).id, 0n)
  await sleep(1_100)
  const due = async () =>
    (await dueWallets(fresh.database.pool, 'holds', '0', 50)).filter((wallet) => wallet.owner === owner).length
  assert.equal(await due(), 1)
  await credits.sweep(owner, 'CREDIT')
  assert.equal(await due(), 0)
})

test('402: nobody holds more than is there', async () => {
  const owner = await walletWith(one)
  await assert.rejects(
    () => hold(owner, 2n * one),
    (error: Problem) => error.type === 'insufficient-credits' && error.detail['available'] === '1',
  )
})

test('of a thousand holds of 0.10 at once on 5.00 exactly fifty succeed', async () => {
  const owner = await walletWith(5n * one)
  const outcomes = await Promise.allSettled(Array.from({ length: 1_000 }, () => hold(owner, one / 10n)))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 50)
  assert.deepEqual(await walletOf(owner), { posted: 5, held: 5, overrun: 0 })
})

test('a budget one level up stops holds on every wallet below it', async () => {
  const organisation = randomUUID()
  const owners = [await walletWith(100n * one), await walletWith(100n * one)]
  await credits.budget(me(), { owner: organisation, currency: 'CREDIT', span: 'month', nanos: 5n * one })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, n) => {
      const owner = owners[n % 2] as string
      return hold(owner, one / 10n, { owners: [owner, organisation] })
    }),
  )
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 50)
})

test('the soonest to expire are spent first, and what is given back keeps its date', async () => {
  const soon = Date.now() + 86_400_000
  const owner = await walletWith(10n * one)
  await credits.grant(me(), { owner, currency: 'CREDIT', nanos: 3n * one, origin: 'gift', expiresAt: soon + 1 })
  await credits.grant(me(), { owner, currency: 'CREDIT', nanos: 2n * one, origin: 'gift', expiresAt: soon })
  const lots = async () =>
    (
      await fresh.database.pool.query<{ posted: string; held: string }>(
        `select trim_scale(l.posted)::text as posted, trim_scale(l.held)::text as held from credits.lots l
           join ledger.accounts a on a.id = l.wallet where a.owner = $1 order by l.expires_at`,
        [owner],
      )
    ).rows.map(({ posted, held }) => `${posted}/${held}`)
  const held = await hold(owner, 4n * one)
  assert.deepEqual(await lots(), ['2/2', '3/2'])
  await settle(held.id, one, false)
  assert.deepEqual(await lots(), ['1/1', '3/2'])
  await credits.submit(me(), 'credits.release', { id: held.id }, releaseCommand(numberIn(held.id)))
  assert.deepEqual(await lots(), ['1/0', '3/0'])
})

test('usage beyond the hold becomes debt, or not, as the policy says; credits pay the debt first', async () => {
  const debtor = await walletWith(one)
  await settle((await hold(debtor, one)).id, 3n * one)
  assert.deepEqual(await walletOf(debtor), { posted: -2, held: 0, overrun: 2 })
  await credits.grant(me(), { owner: debtor, currency: 'CREDIT', nanos: one, origin: 'gift', expiresAt: null })
  assert.deepEqual(await walletOf(debtor), { posted: -1, held: 0, overrun: 1 })

  const careful = await walletWith(2n * one)
  const settled = await settle((await hold(careful, one, { overrun: 'charge-to-zero' })).id, 5n * one)
  assert.equal(settled.absorbed, '3')
  assert.deepEqual(await walletOf(careful), { posted: 0, held: 0, overrun: 0 })

  const lucky = await walletWith(2n * one)
  await settle((await hold(lucky, one, { overrun: 'absorb' })).id, 5n * one)
  assert.deepEqual(await walletOf(lucky), { posted: 1, held: 0, overrun: 0 })
})

test('a reservation grows by the rule of a new one, and ends once', async () => {
  const owner = await walletWith(3n * one)
  const held = await hold(owner, one)
  const grow = (nanos: bigint) =>
    credits.submit(me(), 'credits.grow', { nanos: String(nanos) }, growCommand(numberIn(held.id), nanos))
  await grow(2n * one)
  await assert.rejects(() => grow(1n), { type: 'insufficient-credits' })
  await settle(held.id, 3n * one)
  await assert.rejects(() => settle(held.id, one), { type: 'reservation-closed' })
  assert.deepEqual(await walletOf(owner), { posted: 0, held: 0, overrun: 0 })
})

test('a hold past its time is free at once, and its usage is charged unreserved, once', async () => {
  const owner = await walletWith(one)
  const held = await hold(owner, one, { seconds: 0.05 })
  await new Promise((resolve) => setTimeout(resolve, 80))
  const next = await hold(owner, one)
  assert.equal(next.available, '0')
  await settle(held.id, one / 2n)
  await assert.rejects(() => settle(held.id, one), { type: 'reservation-closed' })
  assert.deepEqual(await walletOf(owner), { posted: 0.5, held: 1, overrun: 0.5 })
})

test('the same key answers the same bytes and moves nothing more; with another input it is refused', async () => {
  const owner = await walletWith(one)
  const asking = me()
  const ask = (nanos: bigint) =>
    credits.submit(asking, 'credits.hold', { nanos: String(nanos) }, holdCommand(holdOf(owner, nanos)))
  const [first, second] = await Promise.all([ask(one), ask(one)])
  assert.equal(first.answer, second.answer)
  assert.equal((await ask(one)).answer, first.answer)
  await assert.rejects(() => ask(2n), { type: 'idempotency-key-reused' })
  assert.deepEqual(await walletOf(owner), { posted: 1, held: 1, overrun: 0 })
})

test('a poisoned command fails alone', async () => {
  const owner = await walletWith(100n * one)
  const poison = credits.submit(me(), 'credits.poison', null, {
    wants: { owners: [owner], currency: 'CREDIT' },
    decide: () => ({
      ok: true,
      answer: null,
      apply() {
        throw new Error('poisoned')
      },
    }),
  })
  const outcomes = await Promise.allSettled([...Array.from({ length: 99 }, () => hold(owner, one)), poison])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 99)
})

test('a dry run answers as the real thing and leaves no trace', async () => {
  const owner = await walletWith(one)
  const tried = await credits.submit({ ...me(), dryRun: true }, 'credits.hold', {}, holdCommand(holdOf(owner, one)))
  assert.equal(parsed(tried.answer).available, '0')
  assert.deepEqual(await walletOf(owner), { posted: 1, held: 0, overrun: 0 })
})

test('credits that are moved keep their dates', async () => {
  const soon = Date.now() + 86_400_000
  const [from, to] = [await walletWith(2n * one, soon), await walletWith(one)]
  await credits.move(me(), { from, to, currency: 'CREDIT', nanos: one })
  await credits.move(me(), { from: to, to: from, currency: 'CREDIT', nanos: one })
  await credits.move(me(), { from, to, currency: 'CREDIT', nanos: 2n * one })
  const { rows } = await fresh.database.pool.query(
    `select l.posted, l.expires_at from credits.lots l join ledger.accounts a on a.id = l.wallet where a.owner = $1`,
    [to],
  )
  assert.deepEqual(rows, [{ posted: '2.000000000', expires_at: new Date(soon) }])
})
