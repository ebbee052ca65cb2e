import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Client } from 'pg'
import { Refusal } from '../values/refusal.ts'
import { openDatabase } from './database.ts'
import { migrate, migrationFiles } from './migrate.ts'
import { asRefusal } from './refusals.ts'
import { freshDatabase, testServer } from './testing.ts'

const refusal = (wanted: RegExp) => (error: unknown) => error instanceof Refusal && wanted.test(error.message)

async function past(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`begin read write; ${text}; commit`)
  } finally {
    await client.end()
  }
}

test('a migrated database is left as it is, by any number of programs at once', async () => {
  const fresh = await freshDatabase()
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(fresh)))
  assert.deepEqual(ran.flat(), [])
  await fresh.drop()
})

test('programs that migrate an empty database at once run each migration once', async () => {
  const fresh = await freshDatabase()
  const schemas = migrationFiles().map(({ name }) => name.slice(5, -4))
  const present = schemas.map((name) => `drop schema if exists ${name} cascade`)
  await past(fresh.url, `drop schema database cascade; ${present.join('; ')}`)
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(fresh)))
  assert.equal(ran.flat().length, migrationFiles().length)
  await fresh.drop()
})

test('a schema newer than the program, and a migration that changed, are refused', async () => {
  const fresh = await freshDatabase()
  await past(fresh.url, `insert into database.migrations (number, name, checksum) values (999, '0999_later.sql', 'x')`)
  await assert.rejects(migrate(fresh), refusal(/0999_later.sql, which this version of Bursar does not know/))
  await past(
    fresh.url,
    `delete from database.migrations where number = 999; update database.migrations set checksum = 'x' where number = 2`,
  )
  await assert.rejects(
    migrate(fresh),
    refusal(/migration 0002_audit.sql in the database is not the one of this program/),
  )
  await fresh.drop()
})

test('a list of migrations with a gap is refused, and says how to mend it', async () => {
  const fresh = await freshDatabase()
  for (const missing of [2, migrationFiles().length]) {
    await past(fresh.url, `delete from database.migrations where number = ${missing}`)
    const { name } = migrationFiles()[missing - 1] as { name: string }
    const failure = await migrate(fresh).catch((error: unknown) => error)
    assert(failure instanceof Refusal, String(failure))
    assert.match(
      failure.message,
      new RegExp(`has a gap: ${name} is missing|migration ${name} does not fit this database`),
    )
    await past(fresh.url, /insert into .*$/.exec(failure.remedy ?? '')?.[0] ?? '')
    assert.deepEqual(await migrate(fresh), [])
  }
  await fresh.drop()
})

test('a database that cannot be used says why: nobody there, no such user, no such database, no rights, no address', async () => {
  const { url, superuserUrl } = await testServer()
  const dataDirectory = '/nowhere'
  const open = (address: string) => openDatabase({ url: address, dataDirectory })
  await assert.rejects(open('postgresql://127.0.0.1:1/x'), refusal(/cannot reach the database/))
  await assert.rejects(open('postgresql://x@localhost/x?host=/nowhere'), refusal(/cannot reach the database/))
  await assert.rejects(
    open(url.replace('//bursar@', '//nobody@')),
    refusal(/refuses the user: role "nobody" does not exist/),
  )
  await assert.rejects(
    open(url.replace('/bursar?', '/missing?')),
    refusal(/does not exist: database "missing" does not exist/),
  )
  await assert.rejects(open('host=localhost dbname=bursar'), refusal(/no address of a database/))
  await past(superuserUrl, `create role poor login`)
  try {
    const poor = { url: superuserUrl.replace('//postgres@', '//poor@').replace('/postgres?', '/template1?') }
    await assert.rejects(migrate(poor), refusal(/lacks a right: permission denied/))
  } finally {
    await past(superuserUrl, `drop role poor`)
  }
})

test('another PostgreSQL is used by its address, and its password is never shown', async () => {
  const fresh = await freshDatabase()
  const database = await openDatabase({
    url: fresh.url.replace('//bursar@', '//bursar:secret@'),
    dataDirectory: '/nowhere',
  })
  assert(!database.describe.includes('secret'))
  assert.deepEqual(await migrate(database), [])
  await database.close()
  await fresh.drop()
})

test('a full disk is told as such', () => {
  const full = Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' })
  assert(refusal(/the disk of the database is full/)(asRefusal(full)))
})
