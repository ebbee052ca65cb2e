import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Client } from 'pg'
import { Refusal } from '../values/refusal.ts'
import type { Reader } from './reader.ts'
import { connection } from './pool.ts'
import * as sql from './sql.ts'
import { asRefusal } from './refusals.ts'

const directory = new URL('../../migrations/', import.meta.url)

export type Migration = sql.MigrationRow & { readonly text: string }

/** The migrations of this program, in order; their numbers leave no gap. */
export function migrationFiles(): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
  return names.map((name, index) => {
    if (Number(name.slice(0, 4)) !== index + 1) throw new Error(`migration ${name} is out of order`)
    const text = readFileSync(new URL(name, directory), 'utf8')
    return { number: index + 1, name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

/**
 * What every connection of Bursar's role begins with, as settings of the role, because behind PgBouncer no
 * connection is anybody's own. Read-only, so that nothing but an operation can write.
 */
const settings = { default_transaction_read_only: 'on', timezone: 'UTC', datestyle: 'ISO, MDY' } as const

/**
 * Brings the schema up to this program, all in one transaction; answers the names of what it ran. On a connection
 * of its own, because connections opened before the role's settings do not have them.
 */
export async function migrate(database: { readonly url: string }): Promise<string[]> {
  const client = new Client(connection(database.url, 'bursar migrate'))
  client.on('error', () => {})
  try {
    await client.connect()
    return await run(client)
  } catch (error) {
    throw asRefusal(error)
  } finally {
    await client.end().catch(() => {})
  }
}

async function run(client: Client): Promise<string[]> {
  const files = migrationFiles()
  const current = (await sql.hasMigrations(client)) ? pending(files, await sql.migrations(client)) : files
  if (current.length > 0) {
    await client.query('begin isolation level read committed read write')
    await sql.lockMigrations(client)
    if (!(await sql.hasMigrations(client))) await sql.createMigrations(client)
    // Again: another program may have migrated while this one waited for the lock.
    const missing = pending(files, await sql.migrations(client))
    for (const migration of missing) {
      await client.query(migration.text).catch((error: Error) => {
        if (migration.number > 1 && isOfSchema(error)) throw unfit(migration, error.message)
        throw new Error(`migration ${migration.name} failed: ${error.message}`, { cause: error })
      })
      await sql.insertMigration(client, migration)
    }
    await client.query('commit')
    current.splice(0, current.length, ...missing)
  }
  await setRole(client)
  return current.map(({ name }) => name)
}

function pending(files: readonly Migration[], done: readonly sql.MigrationRow[]): Migration[] {
  const newest = done.at(-1)
  if (newest && newest.number > files.length) {
    throw new Refusal(
      `the database has migration ${newest.name}, which this version of Bursar does not know`,
      'Use the version of Bursar that made it, or a newer one.',
    )
  }
  done.forEach(({ number, name, checksum }, index) => {
    const file = files[index]
    if (file && number > file.number) throw rowMissing(file, `${name} ran after it`)
    if (file?.name === name && file.checksum === checksum) return
    throw new Refusal(
      `migration ${name} in the database is not the one of this program (${file?.name ?? 'none'}: its text differs)`,
      'A migration never changes once it ran. Use the version of Bursar that made this database, or a new database.',
    )
  })
  return files.slice(done.length)
}

const rowMissing = (migration: Migration, because: string) =>
  new Refusal(
    `the list of migrations in the database has a gap: ${migration.name} is missing, and ${because}`,
    `The list was changed from outside. ${rowBack(migration)}`,
  )

/** What it would make is there already, or what it would change is not: so it ran before, or the schema is another. */
const isOfSchema = (error: Error): boolean => (error as { code?: string }).code?.startsWith('42') === true

const unfit = (migration: Migration, message: string) =>
  new Refusal(
    `migration ${migration.name} does not fit this database: ${message}`,
    `Its schema, or the list of migrations in it, was changed from outside. ${rowBack(migration)}`,
  )

const rowBack = ({ number, name, checksum }: Migration): string =>
  'Restore a backup; or, where the migration ran and only its row was lost, run in the database: ' +
  `insert into database.migrations (number, name, checksum) values (${number}, '${name}', '${checksum}')`

/** Whether the schema is still the one of this program: another, newer one may have come meanwhile. */
export async function isMigrated(reader: Reader): Promise<boolean> {
  const done = await sql.migrations(reader)
  return done.length === migrationFiles().length
}

async function setRole(client: Client): Promise<void> {
  const present = await sql.roleSettings(client)
  const wanted = Object.entries(settings)
  const missing = wanted.filter(
    ([name, value]) => !present.some((text) => text.toLowerCase() === `${name}=${value}`.toLowerCase()),
  )
  if (missing.length === 0) return
  await client.query('begin isolation level read committed read write')
  await sql.lockMigrations(client)
  for (const [name, value] of missing) await sql.setForRole(client, name, value)
  await client.query('commit')
}
