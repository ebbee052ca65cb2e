import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { PoolClient } from 'pg'
import { copyOut, drained } from './copy.ts'
import type { Database } from './database.ts'
import * as catalogue from './catalogue.ts'
import { migrations } from './sql.ts'
import { looking } from './transaction.ts'

/** The first line of a backup: what it is, and what must be there before its rows are. */
export type BackupHead = {
  readonly format: 'bursar-backup-1'
  readonly at: string
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[]
  readonly partitions: readonly catalogue.Partition[]
  readonly sequences: readonly catalogue.Sequence[]
  /** What the caller keeps with it. */
  readonly note: unknown
}

/** Before the rows of a table, in the order in which they can be put back. */
export type BackupTable = { readonly table: string; readonly columns: readonly string[] }

/** The last line: without it the backup was cut short. */
export type BackupEnd = { readonly end: true; readonly rows: number; readonly sha256: string }

/** Ends the rows of a table, as in COPY text. */
export const endOfRows = '\\.'

/**
 * Writes every table as of one moment, while others write on. Text all through: one JSON line ahead, then for each
 * table a JSON line and its rows as COPY prints them, and a line with the digest of all before. Answers how many rows.
 */
export async function writeBackup(
  database: Database,
  note: unknown,
  out: Writable,
  onRows: (rows: number) => void,
): Promise<number> {
  const digest = createHash('sha256')
  let rows = 0
  let waiting: Promise<void> | undefined
  const write = (bytes: Buffer | string): Promise<void> | undefined => {
    if (out.destroyed) throw new Error('the output was closed')
    digest.update(bytes)
    if (out.write(bytes)) return undefined
    // Rows that came together wait together; an output that fails is closed and drains no more.
    waiting ??= drained(out).then(() => (waiting = undefined))
    return waiting
  }
  await looking(database, async (client) => {
    await write(`${JSON.stringify(await headOf(client, note))}\n`)
    for (const { table, columns } of await catalogue.tables(client)) {
      await write(`${JSON.stringify({ table, columns } satisfies BackupTable)}\n`)
      const text = `copy (select ${columns.join(', ')} from ${table}) to stdout`
      await copyOut(client, text, (line) => {
        rows += 1
        if (rows % 10_000 === 0) onRows(rows)
        // The row is valid during the call only.
        return write(Buffer.from(line))
      })
      await write(`${endOfRows}\n`)
    }
  })
  const end: BackupEnd = { end: true, rows, sha256: digest.digest('hex') }
  out.write(`${JSON.stringify(end)}\n`)
  return rows
}

const headOf = async (client: PoolClient, note: unknown): Promise<BackupHead> => ({
  format: 'bursar-backup-1',
  at: new Date().toISOString(),
  migrations: (await migrations(client)).map(({ name, checksum }) => ({ name, checksum })),
  partitions: await catalogue.partitions(client),
  sequences: await catalogue.sequences(client),
  note,
})
