import type { PoolClient } from 'pg'
import { type Check, Faults } from '../audit/check.ts'
import type { Database } from '../database/database.ts'
import { rows } from '../database/reader.ts'
import { looking } from '../database/transaction.ts'

/** What a statement finds wrong: in which row of which table, written by which operation. */
export type Wrong = { table: string; row: string; operation: string | null; wrong: string }

/** One thing that must hold, asked of the database set-wise: each statement answers what is wrong. */
export type Inquiry = {
  readonly name: string
  /** One row with the column `looked`: what was looked at. */
  readonly looked: string
  readonly wrongs: readonly string[]
}

export const wrongText = ({ table, row, operation, wrong }: Wrong): string =>
  `${table} ${row}${operation === null ? '' : `, op_${operation}`}: ${wrong}`

/** All statements of one inquiry see the books of one moment. */
export const inquire = (database: Database, inquiry: Inquiry): Promise<Check> =>
  looking(database, async (client) => {
    await prepare(client)
    const faults = new Faults()
    for (const text of inquiry.wrongs) {
      for (const wrong of await rows<Wrong>(client, `${text}\nlimit 50`)) faults.add(wrongText(wrong))
    }
    const [{ looked } = { looked: '' }] = await rows<{ looked: string }>(client, inquiry.looked)
    return faults.check(inquiry.name, looked)
  })

/** Whole tables are joined and sorted here: worth more memory than an everyday statement gets. */
async function prepare(client: PoolClient): Promise<void> {
  await client.query(`set local work_mem = '96MB'; set local hash_mem_multiplier = 2; set local jit = off`)
}

/** Several connections that all see the books of one moment. */
export async function together<Result>(
  database: Database,
  count: number,
  work: (clients: readonly PoolClient[]) => Promise<Result>,
): Promise<Result> {
  return await looking(database, async (first) => {
    await prepare(first)
    const { rows } = await first.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot')
    const open = (clients: readonly PoolClient[]): Promise<Result> =>
      clients.length === count
        ? work(clients)
        : looking(database, async (client) => {
            await client.query(`set transaction snapshot '${rows[0]?.snapshot}'`)
            await prepare(client)
            return await open([...clients, client])
          })
    return await open([first])
  })
}
