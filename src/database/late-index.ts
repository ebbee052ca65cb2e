import { isLockBusy } from './refusals.ts'
import type { Database } from './database.ts'
import * as sql from './sql.ts'
import { noting } from './transaction.ts'

/** An index that readers need once a table is large; of a partitioned table each part has its own. */
export type LateIndex = { readonly table: string; readonly columns: readonly string[] }

/** Up to this size a table is read through in less time than anybody minds. */
const largeBytes = 64 * 2 ** 20
/** Whoever loads so much in a minute is not made to wait for an index in each row. */
const slowGrowth = 1.05

/**
 * Builds indexes behind what was loaded: where a table is large, and since the last time grew little. Every answer is
 * the same without them, only later. Whoever writes to that table waits meanwhile: a second for some millions of rows.
 */
export function lateIndexing(
  database: Database,
  indexes: readonly LateIndex[],
  large = largeBytes,
): (turn: { readonly signal: AbortSignal; readonly progress: (text: string) => Promise<void> }) => Promise<void> {
  const sizes = new Map<string, number>()
  return async ({ signal, progress }) => {
    for (const { table, columns } of indexes) {
      for (const { part, bytes } of await sql.withoutIndex(database.pool, table, sql.indexSuffix(columns), large)) {
        const last = sizes.get(part)
        sizes.set(part, Number(bytes))
        if (signal.aborted || last === undefined || Number(bytes) > last * slowGrowth) continue
        await progress(`${part} by ${columns.join(' and ')}`)
        await noting(database, (client) => sql.buildIndex(client, part, columns)).catch((error: unknown) => {
          // Somebody else is at work there for long: the next time will do.
          if (!isLockBusy(error)) throw error
        })
      }
    }
  }
}
