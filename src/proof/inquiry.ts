import type { PoolClient } from 'pg'
import { type Check, Faults } from '../audit/check.ts'
import type { Database } from '../database/database.ts'
import { rows } from '../database/reader.ts'
import { looking } from '../database/transaction.ts'

/** What a statement finds wrong: in which row of which table, written by which operation. */
export type Wrong = { table: string; row: string; operation: string | null; wrong: string }

/**
 * One thing that must hold, asked of the database set-wise. Each statement answers rows of `Wrong`, and nothing when
 * all is well. `pinpoint` is asked only then: it is slower, and says where.
 */
export type Inquiry = {
  readonly name: string
  /** One row with the column `looked`: what was looked at. */
  readonly looked: string
  readonly wrongs: readonly string[]
  readonly pinpoint?: readonly string[]
  readonly values?: readonly unknown[]
}

export const wrongText = ({ table, row, operation, wrong }: Wrong): string =>
  `${table} ${row}${operation === null ? '' : `, operation op_${operation}`}: ${wrong}`

/** All statements of one inquiry see the books of one moment. */
export const inquire = (database: Database, inquiry: Inquiry): Promise<Check> =>
  looking(database, async (client) => {
    await prepare(client)
    const faults = new Faults()
    const ask = async (statements: readonly string[]) => {
      let found = 0
      for (const text of statements) {
        for (const wrong of await rows<Wrong>(client, `${text}\nlimit 50`, inquiry.values)) {
          found += 1
          faults.add(wrongText(wrong))
        }
      }
      return found
    }
    if ((await ask(inquiry.wrongs)) > 0) await ask(inquiry.pinpoint ?? [])
    const [{ looked } = { looked: '' }] = await rows<{ looked: string }>(client, inquiry.looked)
    return faults.check(inquiry.name, looked)
  })

/** Whole tables are joined and sorted here: worth more memory than an everyday statement gets. */
export async function prepare(client: PoolClient): Promise<void> {
  await client.query(`set local work_mem = '96MB'; set local hash_mem_multiplier = 2; set local jit = off`)
}
