import { strict as assert } from 'node:assert'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { holdCommand } from '../../src/credits/hold.ts'
import { openPool } from '../../src/database/pool.ts'
import { Problem } from '../../src/http/problem.ts'
import { clockworkHouse } from './clockwork.ts'
import { asTester, currency, holdOf, one, proved } from './lane-site.ts'
import { type Random, randomFrom } from './random.ts'
import { grouped } from './telling.ts'

const atOnce = 50
const half = one / 2n

/**
 * Settling against running out: while the clock passes the end of many holds, one counter settles them and another
 * sweeps them away. Each ends once, and its usage is charged once, from the hold or after it.
 */
export async function raceExpiry(plan: { readonly races: number; readonly seed: number }): Promise<string> {
  const random = randomFrom(plan.seed)
  let now = Date.UTC(2027, 0, 1)
  const clockwork = await clockworkHouse('UTC', now)
  const { house } = clockwork
  const pool = openPool(house.database.url, 5)
  const [owner, above] = [crypto.randomUUID(), crypto.randomUUID()]
  const settings = { waitMaxMilliseconds: 600_000, batchMax: 8 }
  const here = new Credits(house, settings)
  const there = new Credits({ ...house, database: { ...house.database, pool } }, settings)
  try {
    await here.open(above, currency)
    await here.grant(asTester(), { owner, currency, nanos: 1_000_000n * one, origin: 'gift', expiresAt: null })
    await here.budget(asTester(), { owner: above, currency, span: 'day', nanos: 1_000_000n * one })
    let races = 0
    for (; races < plan.races; races += atOnce) {
      const rule = holdCommand(holdOf([owner, above], one, 1))
      const held = await Promise.all(
        Array.from({ length: atOnce }, () => here.submit(asTester(), 'credits.hold', null, rule)),
      )
      const ids = held.map(({ answer }) => BigInt((JSON.parse(answer) as { id: string }).id.slice(4)))
      now += 1000
      await race({ ids, owner, random, settler: new Counter(here), sweeper: there, pass: () => clockwork.set(now) })
      await assertEndedOnce(house.database.pool, ids)
    }
    const { rows } = await house.database.pool.query<{ posted: string; held: string; late: string }>(
      `select trim_scale(posted)::text as posted, trim_scale(held)::text as held,
              (select count(*) from credits.steps where kind = 'late') as late
         from ledger.accounts where owner = $1 and kind = 'wallet'`,
      [owner],
    )
    const [books] = rows
    assert(books)
    assert.deepEqual([Number(books.posted), books.held], [1_000_000 - races / 2, '0'])
    await proved(house)
    return `${grouped(races)} races, ${grouped(Number(books.late))} of them won by the clock; each ended once and was charged once`
  } finally {
    await here.lane.close()
    await there.lane.close()
    await pool.end()
    await clockwork.close()
  }
}

type Race = {
  readonly ids: readonly bigint[]
  readonly owner: string
  readonly random: Random
  readonly settler: Counter
  readonly sweeper: Credits
  readonly pass: () => Promise<void>
}

async function race({ ids, owner, random, settler, sweeper, pass }: Race): Promise<void> {
  const settled = ids.map(async (id) => {
    for (let wait = random(4000); wait > 0; wait--) await new Promise(setImmediate)
    await settler.settle(asTester(), id, { nanos: half }, true)
    const again = settler.settle(asTester(), id, { nanos: half }, true)
    await assert.rejects(again, (error) => error instanceof Problem && error.type === 'reservation-closed')
  })
  for (let wait = random(4000); wait > 0; wait--) await new Promise(setImmediate)
  await Promise.all([pass().then(() => sweeper.sweep(owner, currency)), ...settled])
}

async function assertEndedOnce(
  pool: { query: (text: string, values: unknown[]) => Promise<{ rows: unknown[] }> },
  ids: readonly bigint[],
) {
  const { rows } = await pool.query(
    `select reservation from credits.steps where reservation = any ($1::bigint[]) group by reservation
     having count(*) filter (where ends) <> 1 or sum(charged) <> 0.5
         or string_agg(kind, ' ' order by n) not in ('settle', 'expire late')`,
    [ids.map(String)],
  )
  assert.deepEqual(rows, [])
}
