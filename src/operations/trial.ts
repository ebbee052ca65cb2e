import type { Pool, PoolClient } from 'pg'
import { type Reader, row } from '../database/reader.ts'
import { beginning } from '../database/transaction.ts'
import { execute, type Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import type { House } from './house.ts'

const trials = new WeakMap<House, Trial>()
const writers = new WeakSet<Writer>()

/** What is tried in this house; undefined where operations are written. */
export const trialIn = (house: House): Trial | undefined => trials.get(house)

/**
 * Does what a command would do, by the same code, in one transaction that is rolled back: in the house that `work` is
 * given each operation sees what those before it did, and none of them is written. Give it memories of its own: what they
 * meet may be gone afterwards.
 */
export async function trying<Result>(house: House, work: (house: House) => Promise<Result>): Promise<Result> {
  const client = await house.database.pool.connect()
  let broken: Error | undefined
  try {
    await client.query(beginning('read write'))
    // Commands read from the pool between their operations: what the ones before did is seen on this connection alone.
    const pool = { query: client.query.bind(client) } as unknown as Pool
    const tried = { ...house, database: { ...house.database, pool } }
    trials.set(tried, new Trial(client))
    return await work(tried)
  } finally {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    client.release(broken)
  }
}

/**
 * What work locks and changes is undone at once in a trial, so that nobody waits for what everybody needs: the accounts,
 * the price book. Only for what later operations of the same command do not look at.
 */
export async function lettingGo<Result>(writer: Writer, work: () => Promise<Result>): Promise<Result> {
  if (!writers.has(writer)) return await work()
  await execute(writer, 'savepoint let_go')
  const result = await work()
  await execute(writer, 'rollback to savepoint let_go')
  return result
}

/** The operations of a trial, one after the other: each is a savepoint of its one transaction. */
export class Trial {
  readonly #client: PoolClient
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: PoolClient) {
    this.#client = client
  }

  step<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => this.#stepNow(work))
    this.#last = done.catch(() => {})
    return done
  }

  /** Of this writer's operation nothing stays. */
  note(writer: Writer): void {
    writers.add(writer)
  }

  async #stepNow<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    await this.#client.query('savepoint operation')
    try {
      const result = await work(this.#client)
      // Where an operation has nothing to change, what it wrote is rolled back.
      await this.#client.query(`${result === undefined ? 'rollback to' : 'release'} savepoint operation`)
      if (await somebodyWaits(this.#client)) throw stoodInTheWay()
      return result
    } catch (error) {
      await this.#client.query('rollback to savepoint operation').catch(() => {})
      throw error
    }
  }
}

/** It holds the names of all that it has tried until it ends: whoever really tells the same goes first. */
async function somebodyWaits(reader: Reader): Promise<boolean> {
  const text = `select exists (select from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))) as waits`
  return (await row<{ waits: boolean }>(reader, text))?.waits === true
}

const stoodInTheWay = () =>
  new Problem('overloaded', {
    detail: 'the dry run was ended, because somebody waited for what it held; try again later, or with less at a time',
  })
