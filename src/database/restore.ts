import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import { Refusal } from '../values/refusal.ts'
import { type BackupEnd, type BackupHead, type BackupTable, endOfRows } from './backup.ts'
import * as catalogue from './catalogue.ts'
import { copyIn, frameHead } from './copy.ts'
import type { Database } from './database.ts'
import { isOfValues } from './refusals.ts'
import { migrations } from './sql.ts'
import { noting } from './transaction.ts'

const changed = (why: string) =>
  new Refusal(`the backup was changed: ${why}`, 'Use an unchanged copy of it; nothing was restored.')
const cutShort = () => new Refusal('the backup was cut short', 'Use a whole copy of it; nothing was restored.')

/** Lines of a backup, counted into its digest as they are taken. */
class Lines {
  readonly #source: AsyncIterator<string>
  readonly #digest = createHash('sha256')

  constructor(source: AsyncIterable<string>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async next(): Promise<string> {
    const next = await this.#source.next()
    if (next.done) throw cutShort()
    return next.value
  }

  /** The line belongs to what the digest at the end speaks of. */
  count(line: string): void {
    this.#digest.update(line).update('\n')
  }

  get sha256(): string {
    return this.#digest.digest('hex')
  }
}

/** Reads the first line. */
function parseHead(line: string): BackupHead {
  try {
    const head = JSON.parse(line) as BackupHead
    if (head.format === 'bursar-backup-1') return head
  } catch {
    // Told below.
  }
  throw new Refusal('this is no backup of Bursar', 'Name a file that bursar backup wrote.')
}

/**
 * Puts a backup into a database of the same migrations whose tables hold nothing of anybody, all of it or nothing.
 * What the caller finishes it with belongs to it. What it checks is checked again behind the locks.
 *
 * @throws Refusal when it is cut short, changed, or of other migrations
 */
export async function restoreBackup(
  database: Database,
  source: AsyncIterable<string>,
  check: (head: BackupHead) => Promise<void>,
  finish: (client: PoolClient) => Promise<void>,
  onRows: (rows: number) => void,
): Promise<{ readonly head: BackupHead; readonly rows: number }> {
  const lines = new Lines(source)
  const first = await lines.next()
  lines.count(first)
  const head = parseHead(first)
  await check(head)
  return await noting(database, async (client) => {
    await requireSame(client, head)
    await setSequences(client, head)
    const known = await catalogue.tables(client)
    await client.query(`truncate ${known.map(({ table }) => table).join(', ')}`)
    // Another restore may have filled the tables while this one waited for them.
    await check(head)
    await makePartitions(client, head)
    let total = 0
    for (;;) {
      const line = await lines.next()
      // Whoever changed it may have written anything where tables and columns are named: it is taken as it must be.
      const into = known.find(({ table, columns }) => JSON.stringify({ table, columns } satisfies BackupTable) === line)
      if (!into) {
        requireEnd(line, lines.sha256, total)
        break
      }
      lines.count(line)
      total += await fill(client, into, lines, (filled) => onRows(total + filled))
    }
    await finish(client)
    return { head, rows: total }
  })
}

function requireEnd(line: string, sha256: string, rows: number): void {
  let end: Partial<BackupEnd> | null = null
  try {
    end = JSON.parse(line) as Partial<BackupEnd> | null
  } catch {
    throw changed('one of its lines is none that Bursar wrote')
  }
  if (end?.end !== true) throw changed('it names a table or column that is not there')
  if (end.sha256 !== sha256 || end.rows !== rows) throw changed('its digest does not fit')
}

async function requireSame(client: PoolClient, head: BackupHead): Promise<void> {
  const here = (await migrations(client)).map(({ name, checksum }) => `${name} ${checksum}`)
  const there = head.migrations.map(({ name, checksum }) => `${name} ${checksum}`)
  if (here.join() !== there.join()) {
    throw new Refusal(
      `the backup is of another version of Bursar: its newest migration is ${head.migrations.at(-1)?.name}`,
      'Restore it with the version that made it, then start the newer one on it.',
    )
  }
}

/**
 * Not by setval, which stays when the restore does not: what counts as books is told by a sequence. Before the tables are
 * locked, as whoever writes takes a number first.
 */
async function setSequences(client: PoolClient, { sequences }: BackupHead): Promise<void> {
  const there = new Set((await catalogue.sequences(client)).map(({ name }) => name))
  for (const { name, last, called } of sequences) {
    if (!there.has(name) || !/^\d{1,19}$/.test(last)) throw changed('it names a sequence that cannot be')
    await client.query(`alter sequence ${name} restart with ${last}`)
    if (called) await client.query('select nextval($1::regclass)', [name])
  }
}

async function makePartitions(client: PoolClient, { partitions }: BackupHead): Promise<void> {
  const there = new Set((await catalogue.partitions(client)).map(({ name }) => name))
  const isName = /^[a-z_]+\.[a-z0-9_]+$/
  const areBounds = /^FOR VALUES FROM \('[0-9-]+'\) TO \('[0-9-]+'\)$/
  for (const { name, parent, bounds } of partitions) {
    if (there.has(name)) continue
    if (!isName.test(name) || !isName.test(parent) || !areBounds.test(bounds)) throw cutShort()
    await client.query(`create table ${name} partition of ${parent} ${bounds}`)
  }
}

const framesBytes = 1024 * 1024

/** Rows go in by pieces of about a megabyte, so that memory does not grow with the table. */
async function fill(client: PoolClient, into: BackupTable, lines: Lines, onRows: (rows: number) => void) {
  const text = `copy ${into.table} (${into.columns.join(', ')}) from stdin`
  let filled = 0
  let piece: string[] = []
  let bytes = 0
  const send = async () => {
    if (piece.length === 0) return
    const body = Buffer.from(`${piece.join('\n')}\n`)
    const frames = [Buffer.concat([Buffer.alloc(frameHead), body])]
    const [rows = 0] = await copyIn(client, [{ text, frames }]).catch((error: unknown) => {
      throw isOfValues(error) ? changed(`${into.table}: ${(error as Error).message}`) : error
    })
    filled += rows
    onRows(filled)
    piece = []
    bytes = 0
  }
  for (;;) {
    const line = await lines.next()
    lines.count(line)
    if (line === endOfRows) break
    piece.push(line)
    bytes += line.length
    if (bytes >= framesBytes) await send()
  }
  await send()
  return filled
}
