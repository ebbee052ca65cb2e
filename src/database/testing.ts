import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type { Database } from './database.ts'
import { type Managed, managedServer } from './managed.ts'
import { migrate, migrationFiles } from './migrate.ts'
import { connection, openPool } from './pool.ts'

/** One PostgreSQL for all tests of this checkout and user; the last test process to end stops it. */
const checkout = fileURLToPath(new URL('../..', import.meta.url))
const name = createHash('sha256').update(checkout).digest('hex').slice(0, 8)
const directory = join(tmpdir(), `bursar-test-${userInfo().uid}-${name}`)

let server: Promise<Managed> | undefined
let serial = 0

export type FreshDatabase = { readonly database: Database; readonly url: string; drop(): Promise<void> }

/** An empty, migrated database of one's own, copied from a template in milliseconds. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { url: base, superuserUrl } = await testServer()
  const own = `t_${process.pid}_${(serial += 1)}`
  await asSuperuser(superuserUrl, async (client) => {
    const template = await templateOf(client, base)
    await client.query(`create database ${own} template ${template} owner bursar`)
    await setRole(client, own, template)
  })
  const url = base.replace('/bursar?', `/${own}?`)
  const pool = openPool(url, 10)
  let open = true
  const close = async (): Promise<void> => {
    if (open) await pool.end()
    open = false
  }
  const drop = async (): Promise<void> => {
    await close()
    await asSuperuser(superuserUrl, (client) => client.query(`drop database if exists ${own} with (force)`))
  }
  return { database: { pool, url, describe: `test database ${own}`, close }, url, drop }
}

/** Held by test/run.ts for a whole run, so that it does not stop between two files. */
export function testServer(): Promise<Managed> {
  server ??= opened()
  return server
}

async function opened(): Promise<Managed> {
  const settings = { role: 'command', durable: false, tidy: removeLeftovers } as const
  const managed = await managedServer(directory, settings).catch(() => {
    // Without fsync a crash of the machine may leave files that do not start. Nobody misses them.
    rmSync(directory, { recursive: true, force: true })
    return managedServer(directory, settings)
  })
  let left = false
  process.once('beforeExit', () => {
    if (!left) void managed.leave()
    left = true
  })
  return managed
}

async function asSuperuser<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client(connection(url, 'bursar test'))
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const templateLock = 8_100_000_002n

/** Named by what the migrations say, so that a changed migration gets a template of its own. */
function templateName(): string {
  const digest = createHash('sha256')
  for (const { checksum } of migrationFiles()) digest.update(checksum)
  return `template_${digest.digest('hex').slice(0, 12)}`
}

async function templateOf(client: Client, base: string): Promise<string> {
  const template = templateName()
  const exists = `select from pg_database where datname = '${template}' and datistemplate`
  if ((await client.query(exists)).rowCount === 1) return template
  await client.query(`select pg_advisory_lock(${templateLock})`)
  try {
    if ((await client.query(exists)).rowCount === 1) return template
    await client.query(`drop database if exists ${template} with (force)`)
    await client.query(`create database ${template} owner bursar`)
    await migrate({ url: base.replace('/bursar?', `/${template}?`) })
    await client.query(`alter database ${template} is_template true`)
    return template
  } finally {
    await client.query(`select pg_advisory_unlock(${templateLock})`)
  }
}

/** The settings of a role in a database are not copied with it. */
async function setRole(client: Client, own: string, template: string): Promise<void> {
  const { rows } = await client.query<{ setting: string }>(
    `select unnest(setconfig) as setting from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = $1)`,
    [template],
  )
  const statements = rows.map(({ setting }) => {
    const [variable, value] = setting.split('=')
    return `alter role bursar in database ${own} set ${variable} = ${client.escapeLiteral(value ?? '')}`
  })
  await client.query(statements.join(';'))
}

async function removeLeftovers(superuserUrl: string): Promise<void> {
  await asSuperuser(superuserUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      `select datname from pg_database where datname ~ '^(t_|template_)' and datname <> $1`,
      [templateName()],
    )
    for (const { datname } of rows) {
      if (datname.startsWith('template_')) await client.query(`alter database ${datname} is_template false`)
      await client.query(`drop database if exists ${datname} with (force)`)
    }
  })
}
