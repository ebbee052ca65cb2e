import { strict as assert } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { killPostgres } from '../bursar.ts'
import { Child, LaneSite, one } from './lane-site.ts'
import { randomFrom } from './random.ts'
import { grouped, type Say } from './telling.ts'

/** Where a batch of the lane can be cut off. */
export const failPoints = [
  'lane.begun',
  'lane.locked',
  'lane.loaded',
  'lane.written',
  'lane.rows',
  'lane.before-commit',
  'lane.committed',
] as const

/** Everything that was acknowledged, by its key. */
class Acknowledged {
  readonly answers = new Map<string, string>()

  take({ lines }: Child): void {
    for (const line of lines) {
      assert.ok(!line.startsWith('stderr'), lines.slice(-10).join('\n'))
      if (!line.startsWith('done ')) continue
      const tab = line.indexOf('\t')
      this.answers.set(line.slice(5, tab), line.slice(tab + 1))
    }
  }

  /** Each is there, once, with the answer that was given. */
  async compare(pool: Pool): Promise<void> {
    const { rows } = await pool.query<{ key: string; answer: string }>(
      `select idempotency_key as key, answer from operations.operations where principal = 'load'`,
    )
    const found = new Map(rows.map(({ key, answer }) => [key, answer]))
    assert.equal(found.size, rows.length, 'no key has two operations')
    for (const [key, answer] of this.answers) assert.equal(found.get(key), answer, `${key} was acknowledged`)
  }
}

type KillPlan = { readonly kills: number; readonly seed: number; readonly callers?: number }

/**
 * Processes at one counter, each killed: at a fail-point in its n-th batch, or in the middle of a load. What was
 * acknowledged is there once, and the books are proved.
 */
export async function killAtCounter(plan: KillPlan, say: Say): Promise<string> {
  const site = await LaneSite.open()
  const acknowledged = new Acknowledged()
  try {
    const random = randomFrom(plan.seed)
    const owners = await site.wallets(6, 100n * one)
    for (let kill = 0; kill < plan.kills; kill++) {
      const point = [...failPoints, undefined][(plan.seed + kill) % (failPoints.length + 1)]
      const environment = point ? { BURSAR_FAIL_POINT: point, BURSAR_FAIL_POINT_AFTER: String(random(30)) } : {}
      const load = { name: `kill-${kill}`, owners, callers: plan.callers ?? 24, seed: plan.seed + kill }
      const child = site.child('load', load, environment)
      await Child.go([child])
      if (!point) {
        await child.said('done')
        await sleep(random(1500))
        child.kill('SIGKILL')
      }
      assert.equal((await child.ended).signal, 'SIGKILL', child.lines.slice(-10).join('\n'))
      acknowledged.take(child)
      say(`  killed ${point ? `at ${point}` : 'under load'}: ${grouped(acknowledged.answers.size)} acknowledged so far`)
    }
    await site.at(async ({ house }) => acknowledged.compare(house.database.pool))
    await site.verify()
    return `${plan.kills} kills; ${grouped(acknowledged.answers.size)} acknowledged operations, each there once`
  } finally {
    await site.remove()
  }
}

/** PostgreSQL is killed under a process that goes on: it starts it again, and callers ask again with their keys. */
export async function killUnderCounter(plan: KillPlan, say: Say): Promise<string> {
  const site = await LaneSite.open(true)
  const acknowledged = new Acknowledged()
  try {
    const random = randomFrom(plan.seed)
    const owners = await site.wallets(6, 100n * one)
    const child = site.child('load', { name: 'goes-on', owners, callers: plan.callers ?? 24, seed: plan.seed })
    await Child.go([child])
    let done = 0
    const doneNow = () => child.lines.filter((line) => line.startsWith('done ')).length
    for (let kill = 1; kill <= plan.kills; kill++) {
      await moreThan(child, doneNow, done)
      await sleep(random(800))
      done = doneNow()
      assert.ok(killPostgres(site.where.data) > 0)
      await moreThan(child, doneNow, done + 100)
      say(`  PostgreSQL killed: ${grouped(done)} acknowledged before, and it goes on`)
    }
    child.kill('SIGTERM')
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.lines.slice(-10).join('\n'))
    acknowledged.take(child)
    await site.at(async ({ house }) => acknowledged.compare(house.database.pool))
    await site.verify()
    return `${plan.kills} kills of PostgreSQL; ${grouped(acknowledged.answers.size)} acknowledged operations, each there once`
  } finally {
    await site.remove()
  }
}

/** PostgreSQL is killed while a batch stands at each fail-point, and the process goes on from there. */
export async function killPostgresAt(plan: KillPlan, say: Say): Promise<string> {
  const site = await LaneSite.open(true)
  const acknowledged = new Acknowledged()
  try {
    const random = randomFrom(plan.seed)
    const owners = await site.wallets(6, 100n * one)
    for (let kill = 0; kill < plan.kills; kill++) {
      const point = failPoints[(plan.seed + kill) % failPoints.length] as string
      const child = site.child(
        'load',
        { name: `at-${kill}`, owners, callers: plan.callers ?? 24, seed: plan.seed + kill },
        {
          BURSAR_FAIL_POINT: point,
          BURSAR_FAIL_POINT_AFTER: String(random(30)),
          BURSAR_FAIL_POINT_SIGNAL: 'SIGSTOP',
        },
      )
      await Child.go([child])
      await child.standsStill()
      const doneNow = () => child.lines.filter((line) => line.startsWith('done ')).length
      const before = doneNow()
      assert.ok(killPostgres(site.where.data) > 0)
      child.kill('SIGCONT')
      await moreThan(child, doneNow, before + 50)
      child.kill('SIGTERM')
      assert.deepEqual(await child.ended, { code: 0, signal: null }, child.lines.slice(-10).join('\n'))
      acknowledged.take(child)
      say(`  PostgreSQL killed at ${point}: ${grouped(acknowledged.answers.size)} acknowledged so far`)
    }
    await site.at(async ({ house }) => acknowledged.compare(house.database.pool))
    await site.verify()
    return `${plan.kills} kills of PostgreSQL at fail-points; ${grouped(acknowledged.answers.size)} acknowledged, each there once`
  } finally {
    await site.remove()
  }
}

async function moreThan(child: Child, count: () => number, least: number): Promise<void> {
  while (count() <= least) {
    assert.ok(!child.isOver, child.lines.slice(-10).join('\n'))
    await sleep(20)
  }
}

/** Two processes that name the same wallets the other way round, for so long: nobody hears of a deadlock. */
export async function opposite(plan: { readonly seconds: number; readonly seed: number }): Promise<string> {
  const site = await LaneSite.open()
  try {
    const owners = await site.wallets(6, 100n * one)
    const load = { owners, callers: 24 }
    const children = [
      site.child('load', { ...load, name: 'forth', seed: plan.seed }),
      site.child('load', { ...load, name: 'back', seed: plan.seed + 1, backwards: true }),
    ]
    await Child.go(children)
    for (const child of children) await child.said('done')
    await sleep(plan.seconds * 1000)
    for (const child of children) child.kill('SIGTERM')
    const acknowledged = new Acknowledged()
    for (const child of children) {
      assert.deepEqual(await child.ended, { code: 0, signal: null }, child.lines.slice(-10).join('\n'))
      assert.deepEqual(
        child.lines.filter((line) => line.startsWith('again ')),
        [],
      )
      acknowledged.take(child)
    }
    await site.at(async ({ house }) => acknowledged.compare(house.database.pool))
    await site.verify()
    return `${plan.seconds} s, ${grouped(acknowledged.answers.size)} operations of two processes, no deadlock`
  } finally {
    await site.remove()
  }
}
