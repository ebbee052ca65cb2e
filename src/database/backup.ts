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
  const chunks = new Chunks(out)
  let rows = 0
  await looking(database, async (client) => {
    await chunks.add(`${JSON.stringify(await headOf(client, note))}\n`)
    for (const { table, columns } of await catalogue.tables(client)) {
      await chunks.add(`${JSON.stringify({ table, columns } satisfies BackupTable)}\n`)
      const text = `copy (select ${columns.join(', ')} from ${table}) to stdout`
      await copyOut(client, text, (line) => {
        rows += 1
        if (rows % 10_000 === 0) onRows(rows)
        return chunks.add(line)
      })
      await chunks.add(`${endOfRows}\n`)
    }
  })
  await chunks.send()
  const end: BackupEnd = { end: true, rows, sha256: chunks.digest.digest('hex') }
  out.write(`${JSON.stringify(end)}\n`)
  return rows
}

const chunkBytes = 64 * 1024

/** What is written row by row goes out in larger pieces: each wakes a thread that packs it. */
class Chunks {
  readonly digest = createHash('sha256')
  readonly #out: Writable
  #chunk = Buffer.allocUnsafe(chunkBytes)
  #end = 0
  #waiting: Promise<void> | undefined

  constructor(out: Writable) {
    this.#out = out
  }

  /** Bytes are copied, so they need be valid during the call only; a promise holds the caller up until it is kept. */
  add(part: string | Buffer): Promise<void> | undefined {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    const sent = this.#end + bytes.length > this.#chunk.length ? this.send(bytes.length) : this.#waiting
    this.#end += bytes.copy(this.#chunk, this.#end)
    return sent
  }

  /** What was gathered; there is room for so much then. */
  send(room = 0): Promise<void> | undefined {
    if (this.#out.destroyed) throw new Error('the output was closed')
    const bytes = this.#chunk.subarray(0, this.#end)
    this.#chunk = Buffer.allocUnsafe(Math.max(chunkBytes, room))
    this.#end = 0
    this.digest.update(bytes)
    // Rows that came together wait together; an output that fails is closed and drains no more.
    if (!this.#out.write(bytes)) this.#waiting ??= drained(this.#out).then(() => (this.#waiting = undefined))
    return this.#waiting
  }
}

const headOf = async (client: PoolClient, note: unknown): Promise<BackupHead> => ({
  format: 'bursar-backup-1',
  at: new Date().toISOString(),
  migrations: (await migrations(client)).map(({ name, checksum }) => ({ name, checksum })),
  partitions: await catalogue.partitions(client),
  sequences: await catalogue.sequences(client),
  note,
})
