import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { Client, type PoolClient } from 'pg'
import copyStreams from 'pg-copy-streams'
import { pipeline } from 'node:stream/promises'
import type { Database } from '../src/database/database.ts'

/** The tables that a page of charges fills row by row. */
const tables = ['metering.records', 'charging.charges']

/**
 * How long a plain COPY of the same rows takes: into the same tables, emptied, with their indexes, checks and
 * partitions, one transaction each, as PostgreSQL does it at its best.
 */
export async function copyBaseline(database: Database, directory: string): Promise<number> {
  const client = await database.pool.connect()
  try {
    await client.query('set session characteristics as transaction read write')
    for (const table of tables) await saveRows(client, table, fileOf(directory, table))
    await client.query(`truncate ${tables.join(', ')}`)
    await client.query('checkpoint').catch(() => {})
    const started = performance.now()
    for (const table of tables) {
      await pipeline(
        createReadStream(fileOf(directory, table)),
        client.query(copyStreams.from(`copy ${table} from stdin`)),
      )
    }
    return (performance.now() - started) / 1000
  } finally {
    client.release(true)
  }
}

const fileOf = (directory: string, table: string) => join(directory, `${table}.copy`)

async function saveRows(client: PoolClient | Client, table: string, file: string): Promise<void> {
  const out: WriteStream = createWriteStream(file)
  await pipeline(client.query(copyStreams.to(`copy (select * from ${table}) to stdout`)), out)
}
