import { strict as assert } from 'node:assert'
import type { PoolClient } from 'pg'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { holdCommand } from '../../src/credits/hold.ts'
import { openPool } from '../../src/database/pool.ts'
import { Problem } from '../../src/http/problem.ts'
import type { Answered } from '../../src/operations/alone.ts'
import type { House } from '../../src/operations/house.ts'
import { asTester, currency, holdOf, LaneSite, one } from './lane-site.ts'
import { type Random, randomFrom } from './random.ts'
import { grouped } from './telling.ts'

/** What the driver speaks to the server with. */
type Connection = {
  readonly stream: { pause(): void; destroy(): void }
  bind(what: { readonly statement?: string }): void
}

/** A house whose connections break at commits: before it was sent, or after it was done and before it was answered. */
function lossyHouse(
  house: House,
  random: Random,
): { house: House; lost: { before: number; after: number }; end(): Promise<void> } {
  const pool = openPool(house.database.url, 30)
  const lost = { before: 0, after: 0 }
  const seen = new WeakSet<PoolClient>()
  const connect = pool.connect.bind(pool) as (...told: unknown[]) => Promise<PoolClient>
  const lossy = async (...told: unknown[]): Promise<PoolClient> => {
    const client = await connect(...told)
    // The pool itself asks for one by a callback, for a single question.
    if (told.length > 0) return client
    if (seen.has(client)) return client
    seen.add(client)
    const { connection } = client as unknown as { connection: Connection }
    const { stream } = connection
    // oxlint-disable-next-line typescript/unbound-method -- it is called for whatever connection it is called on
    const { bind } = connection
    connection.bind = function (what) {
      if (what.statement !== 'operations.commit' || random(3) === 0) return bind.call(this, what)
      if (random(2) === 0) {
        lost.before += 1
        stream.destroy()
        return
      }
      bind.call(this, what)
      lost.after += 1
      // It goes out; what the server answers stays where it is.
      stream.pause()
      setTimeout(() => stream.destroy(), 20)
    }
    return client
  }
  pool.connect = lossy as typeof pool.connect
  return { house: { ...house, database: { ...house.database, pool } }, lost, end: () => pool.end() }
}

/** Whoever hears that nothing, or nobody knows what, became of it asks again with the same key. */
async function insistently(ask: () => Promise<Answered>): Promise<Answered> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isWorthAgain = error instanceof Problem && ['database-unavailable', 'outcome-unknown'].includes(error.type)
      if (!isWorthAgain) throw error
    }
  }
}

/** Commits whose answer is lost, until so many were: each operation is there once, whatever its caller heard. */
export async function loseAnswers(plan: { readonly commits: number; readonly seed: number }): Promise<string> {
  const site = await LaneSite.open()
  try {
    const owners = await site.wallets(4, 1_000_000n * one)
    return await site.at(async ({ house }) => {
      const random = randomFrom(plan.seed)
      const broken = lossyHouse(house, random)
      // A lost commit is waited for: several lanes do so side by side.
      const lanes = owners.map(() => new Credits(broken.house, { waitMaxMilliseconds: 600_000, batchMax: 2 }))
      let done = 0
      const caller = async (owner: string, credits: Credits): Promise<void> => {
        const counter = new Counter(credits)
        while (broken.lost.after + broken.lost.before < plan.commits) {
          const asking = asTester()
          const input = holdOf([owner], one)
          const ask = () => insistently(() => credits.submit(asking, 'credits.hold', owner, holdCommand(input)))
          const first = await ask()
          if (random(4) === 0) assert.equal((await ask()).answer, first.answer)
          const id = BigInt((JSON.parse(first.answer) as { id: string }).id.slice(4))
          const settling = asTester()
          await insistently(() => counter.settle(settling, id, { nanos: one / 4n }, true))
          done += 1
        }
      }
      const all = lanes.flatMap((credits, place) =>
        [0, 1].map((next) => caller(owners[(place + next) % 4] ?? '', credits)),
      )
      await Promise.all(all)
      for (const { lane } of lanes) await lane.close()
      await broken.end()
      const { rows } = await house.database.pool.query<{ posted: string; held: string; reservations: string }>(
        `select trim_scale(sum(posted))::text as posted, trim_scale(sum(held))::text as held,
                (select count(*) from credits.reservations) as reservations
           from ledger.accounts where kind = 'wallet' and currency = $1`,
        [currency],
      )
      const left = 4_000_000n * one - (BigInt(done) * one) / 4n
      const digits = String(left).padStart(10, '0')
      const posted = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '')
      assert.deepEqual(rows, [{ posted, held: '0', reservations: String(done) }])
      await site.verify()
      const { before, after } = broken.lost
      return `${grouped(before + after)} commits lost, ${grouped(after)} of them only their answer: ${grouped(done)} reservations, each once`
    })
  } finally {
    await site.remove()
  }
}
