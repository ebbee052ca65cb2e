import { Client, type Pool } from 'pg'
import { Refusal } from '../values/refusal.ts'
import { connection, openPool } from './pool.ts'
import { asRefusal } from './refusals.ts'
import { serverVersion } from './sql.ts'
import { managedServer } from './managed.ts'

export type Database = {
  readonly pool: Pool
  /** Where it is; may hold a password. */
  readonly url: string
  /** Where it is, for people. */
  readonly describe: string
  close(): Promise<void>
}

export type DatabaseSettings = {
  /** Another PostgreSQL; without it Bursar runs its own in the data directory. */
  readonly url?: string | undefined
  readonly dataDirectory: string
  /** Only one server works on a data directory; commands come and go beside it. */
  readonly role?: 'server' | 'command'
  readonly connectionsMax?: number
}

const versionLeast = 150_000

export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const connectionsMax = settings.connectionsMax ?? 10
  if (settings.url) {
    await checkServer(settings.url)
    const pool = openPool(settings.url, connectionsMax)
    return { pool, url: settings.url, describe: masked(settings.url), close: () => pool.end() }
  }
  const server = await managedServer(settings.dataDirectory, { role: settings.role ?? 'command' })
  const pool = openPool(server.url, connectionsMax)
  const close = async (): Promise<void> => {
    try {
      await pool.end()
    } finally {
      // Also when a connection could not be ended in order: the last to leave stops the server.
      await server.leave()
    }
  }
  return { pool, url: server.url, describe: server.describe, close }
}

async function checkServer(url: string): Promise<void> {
  const client = connectTo(url)
  client.on('error', () => {})
  try {
    await client.connect()
    const version = await serverVersion(client)
    if (version < versionLeast) {
      throw new Refusal(
        `the PostgreSQL at ${masked(url)} is version ${Math.floor(version / 10_000)}`,
        'Bursar needs PostgreSQL 15 or newer.',
      )
    }
  } catch (error) {
    throw asRefusal(error)
  } finally {
    await client.end().catch(() => {})
  }
}

function connectTo(url: string): Client {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new TypeError('no address of PostgreSQL')
    return new Client(connection(url))
  } catch {
    throw new Refusal('DATABASE_URL is no address of a database', 'For example postgresql://user:password@host/bursar')
  }
}

/** The address without its password. */
const masked = (url: string): string =>
  url.replace(/(:\/\/[^:/@?]*):[^@/]*@/, '$1:…@').replace(/(password=)[^&]*/g, '$1…')
