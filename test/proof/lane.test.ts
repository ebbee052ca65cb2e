import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { PoolClient } from 'pg'
import { openPool } from '../../src/database/pool.ts'
import { proveBooks } from '../../src/proof/commands.ts'
import { type FreshHouse, freshHouse } from '../../src/operations/testing.ts'
import { Problem } from '../../src/http/problem.ts'
import { Credits } from '../../src/credits/commands.ts'
import { type HoldInput, holdCommand } from '../../src/credits/hold.ts'

/** Two counters on one database, each with connections of its own, as two processes have them. */
let fresh: FreshHouse
let here: Credits
let there: Credits
let end: () => Promise<void>
before(async () => {
  fresh = await freshHouse()
  const pool = openPool(fresh.url, 5)
  const settings = { waitMaxMilliseconds: 600_000 }
  here = new Credits(fresh.house, settings)
  there = new Credits({ ...fresh.house, database: { ...fresh.house.database, pool } }, settings)
  end = () => pool.end()
})
after(async () => {
  await here.lane.close()
  await there.lane.close()
  await end()
  await fresh.drop()
})

const one = 1_000_000_000n
const currency = 'CREDIT'
const me = (principal = 'tester') => ({ principal, key: randomUUID() })

async function walletWith(nanos: bigint): Promise<string> {
  const owner = randomUUID()
  await here.grant(me(), { owner, currency, nanos, origin: 'gift', expiresAt: null })
  return owner
}

const inputOf = (owner: string, nanos: bigint): HoldInput => ({
  payer: owner,
  project: owner,
  person: null,
  provider: '00000000-0000-4000-8000-000000000099',
  owners: [owner],
  currency,
  service: 'test',
  subtype: '*',
  nanos,
  overrun: 'charge',
  seconds: 600,
  estimate: null,
})

type Asking = Parameters<Credits['submit']>[0]
const hold = (credits: Credits, owner: string, nanos: bigint, asking: Asking = me()) =>
  credits.submit(asking, 'credits.hold', { owner, nanos: String(nanos) }, holdCommand(inputOf(owner, nanos)))

const poison = (credits: Credits, owner: string) =>
  credits.submit(me(), 'credits.poison', null, {
    wants: { owners: [owner], currency },
    decide: (desk) => ({
      ok: true,
      answer: null,
      apply() {
        // More than the wallet has, past every rule: a constraint of the database is broken at the end.
        const wallet = desk.wallet(owner, currency)
        if (!wallet) return
        wallet.creditLimit = -one
        desk.changedWallets.add(wallet)
      },
    }),
  })

async function heldBy(owner: string): Promise<string> {
  const { rows } = await fresh.database.pool.query<{ held: string }>(
    `select trim_scale(held)::text as held from ledger.accounts where owner = $1 and kind = 'wallet'`,
    [owner],
  )
  return rows[0]?.held ?? 'no wallet'
}

/** Holds the lock of a wallet meanwhile, so that whoever wants it waits. */
async function whileLocked<Result>(owner: string, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await fresh.database.pool.connect()
  try {
    await client.query('begin read write')
    await client.query(`select from ledger.accounts where owner = $1 for no key update`, [owner])
    return await work(client)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** Until so many transactions of this database wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await fresh.database.pool.query<{ waiting: string }>(
      `select count(*) as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (Number(rows[0]?.waiting) >= count) return
  }
}

const outcomesOf = async (asked: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(asked)).map((outcome) =>
    outcome.status === 'fulfilled' ? 'accepted' : outcome.reason instanceof Problem ? outcome.reason.type : 'error',
  )

test('one key at two counters at once has one effect, and both get the same bytes', async () => {
  const owner = await walletWith(100n * one)
  for (let round = 0; round < 20; round++) {
    const asking = me()
    const [first, second, third] = await Promise.all([
      hold(here, owner, one, asking),
      hold(there, owner, one, asking),
      hold(there, owner, one, asking),
    ])
    assert.deepEqual([second.answer, third.answer], [first.answer, first.answer])
  }
  assert.equal(await heldBy(owner), '20')
})

test('a key that is asked again while the first is under way waits for it', async () => {
  const owner = await walletWith(one)
  const asking = me()
  const asked = await whileLocked(owner, async () => {
    const all = [hold(here, owner, one, asking), hold(there, owner, one, asking)]
    await untilWaiting(2)
    all.push(hold(here, owner, one, asking))
    return all
  })
  const [first, second, third] = await Promise.all(asked)
  assert.deepEqual([second?.answer, third?.answer], [first?.answer, first?.answer])
  assert.equal(await heldBy(owner), '1')
})

test('a key with another input is refused: in one batch, at two counters, and later', async () => {
  const owner = await walletWith(100n * one)
  for (const [other, nanos] of [[here, 2n * one] as const, [there, 3n * one] as const]) {
    const asking = me()
    const outcomes = await outcomesOf([hold(here, owner, one, asking), hold(other, owner, nanos, asking)])
    assert.deepEqual(outcomes.toSorted(), ['accepted', 'idempotency-key-reused'])
    const later = await outcomesOf([hold(there, owner, 4n * one, asking), hold(here, owner, 4n * one, asking)])
    assert.deepEqual(later, ['idempotency-key-reused', 'idempotency-key-reused'])
  }
})

test('what was refused is decided anew, under the same key', async () => {
  const owner = await walletWith(one)
  const asking = me()
  await assert.rejects(() => hold(here, owner, 2n * one, asking), { type: 'insufficient-credits' })
  await here.grant(me(), { owner, currency, nanos: one, origin: 'gift', expiresAt: null })
  const accepted = await hold(there, owner, 2n * one, asking)
  assert.equal((await hold(here, owner, 2n * one, asking)).answer, accepted.answer)
  assert.equal(await heldBy(owner), '2')
})

test('of a thousand with one that is poisoned, the other 999 succeed', async () => {
  const [owner, other] = [await walletWith(1000n * one), await walletWith(one)]
  const asked = Array.from({ length: 999 }, () => hold(here, owner, one))
  void asked.splice(500, 0, poison(here, other))
  const outcomes = await outcomesOf(asked)
  assert.equal(outcomes.filter((outcome) => outcome === 'accepted').length, 999)
  assert.notEqual(outcomes[500], 'accepted')
  assert.equal(await heldBy(owner), '999')
})

test('503: more than a queue takes is refused at once, and the books are right after it', async () => {
  const owner = await walletWith(1000n * one)
  const busy = new Credits(fresh.house, { queueMax: 50, batchMax: 10, waitMaxMilliseconds: 600_000 })
  const { told } = await whileLocked(owner, async () => ({
    told: outcomesOf(Array.from({ length: 500 }, () => hold(busy, owner, one))),
  }))
  const outcomes = await told
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length
  assert.equal(outcomes.filter((outcome) => outcome === 'overloaded').length, 500 - accepted)
  assert.ok(accepted >= 50 && accepted < 500, `${accepted} accepted`)
  assert.equal(await heldBy(owner), String(accepted))
  assert.deepEqual(await outcomesOf([hold(busy, owner, one)]), ['accepted'])
  await busy.lane.close()
})

test('503: when the first has waited too long, nobody else is let in behind it', async () => {
  const owner = await walletWith(1000n * one)
  const busy = new Credits(fresh.house, { batchMax: 1, waitMaxMilliseconds: 200 })
  const { told } = await whileLocked(owner, async () => {
    const first = Array.from({ length: 5 }, () => hold(busy, owner, one))
    const began = performance.now()
    while (performance.now() - began <= 200) await untilWaiting(1)
    return { told: outcomesOf([...first, hold(busy, owner, one)]) }
  })
  assert.equal((await told).at(-1), 'overloaded')
  await busy.lane.close()
})

test('whoever has left while it waits is dropped, and nothing of it is done', async () => {
  const owner = await walletWith(1000n * one)
  const busy = new Credits(fresh.house, { batchMax: 1, waitMaxMilliseconds: 600_000 })
  let isGone = false
  const left: Promise<unknown>[] = []
  const stayed = await whileLocked(owner, async () => {
    const first = [hold(busy, owner, one), hold(busy, owner, one)]
    await untilWaiting(1)
    for (let number = 0; number < 20; number++) {
      left.push(hold(busy, owner, one, { ...me(), isGone: () => isGone }))
      first.push(hold(busy, owner, one))
    }
    isGone = true
    return first
  })
  await Promise.all(stayed)
  await busy.lane.close()
  assert.equal(await heldBy(owner), String(stayed.length))
})

test('a batch that stands in a circle of locks is run again, and nobody hears of it', async () => {
  const [one_, two] = [await walletWith(one), await walletWith(one)].toSorted()
  const ids = await fresh.database.pool.query<{ owner: string }>(
    `select owner from ledger.accounts where owner in ($1, $2) and kind = 'wallet' order by id`,
    [one_, two],
  )
  const [low = '', high = ''] = ids.rows.map(({ owner }) => owner)
  const { told } = await whileLocked(high, async (client) => {
    const moved = outcomesOf([here.move(me(), { from: low, to: high, currency, nanos: one })])
    await untilWaiting(1)
    // Whoever looks first finds the circle: the batch, which waits longer, is ended.
    await client.query(`select from ledger.accounts where owner = $1 for no key update`, [low]).catch(() => {})
    return { told: moved }
  })
  assert.deepEqual(await told, ['accepted'])
})

test('connections that the server ends between batches are opened anew', async () => {
  const owner = await walletWith(1000n * one)
  for (let round = 0; round < 5; round++) {
    const asked = Array.from({ length: 20 }, () => hold(here, owner, one))
    await fresh.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    )
    assert.deepEqual(
      await outcomesOf(asked),
      asked.map(() => 'accepted'),
    )
  }
  assert.equal(await heldBy(owner), '100')
})

test('400: credits do not move to where they are', async () => {
  const owner = await walletWith(one)
  const itself = here.move(me(), { from: owner, to: owner, currency, nanos: one })
  await assert.rejects(() => itself, { type: 'request-invalid' })
})

test('after all this the books are proved', async () => {
  const faults = []
  for await (const check of proveBooks(fresh.house)) if (!check.ok) faults.push(check)
  assert.deepEqual(faults, [])
})
