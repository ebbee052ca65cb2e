import type { PoolClient } from 'pg'
import type { Database } from './database.ts'

/**
 * Begins a transaction in which texts look the same everywhere. The role's settings say so too, but a connection that
 * PgBouncer opened before they were made does not have them.
 */
export const beginning = (mode: 'read write' | 'repeatable read, read only'): string =>
  `begin isolation level ${mode === 'read write' ? 'read committed, read write' : mode};
   set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'`

/** For the house's own notes (seals, leases), which change no business row and so are no operations. */
export const noting = <Result>(database: Database, work: (client: PoolClient) => Promise<Result>): Promise<Result> =>
  inTransaction(database, beginning('read write'), work)

/** Everything is looked at as of one moment, while others write on. */
export const looking = <Result>(database: Database, work: (client: PoolClient) => Promise<Result>): Promise<Result> =>
  inTransaction(database, beginning('repeatable read, read only'), work)

async function inTransaction<Result>(database: Database, begin: string, work: (client: PoolClient) => Promise<Result>) {
  const client = await database.pool.connect()
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.release(broken)
  }
}
