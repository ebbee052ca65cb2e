import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { sealingLag } from './audit/seal.ts'
import { openDatabase } from './database/database.ts'
import { migrate } from './database/migrate.ts'
import { rows } from './database/reader.ts'
import { type Figure, openMetrics } from './http/metrics.ts'
import { addOwnDoors, type Check } from './http/routes.ts'
import { openServer, type Server } from './http/server.ts'
import type { House } from './operations/house.ts'
import { loadKeys } from './operations/keys.ts'
import type { Settings } from './settings.ts'
import type { Door } from './terminal/door.ts'
import { Refusal } from './values/refusal.ts'
import { version } from './version.ts'

/** Opens the database, brings its schema up to this program, takes the keys. `house.database.close()` ends it. */
export async function openHouse(settings: Settings, role: 'server' | 'command'): Promise<House> {
  const database = await openDatabase({ url: settings.databaseUrl, dataDirectory: settings.data, role })
  try {
    await migrate(database)
    return { database, keys: loadKeys(settings.data, process.env), zone: settings.zone }
  } catch (error) {
    await database.close()
    throw error
  }
}

export async function serveUntilStopped(house: House, settings: Settings, door: Door<House>): Promise<void> {
  if (door.signal.aborted) return
  const server = await listen(house, settings, door)
  try {
    door.say(greeting(server, house))
    door.answer({ url: server.url, version, database: house.database.describe })
    await new Promise((resolve) => door.signal.addEventListener('abort', resolve, { once: true }))
    door.say('Stopping: requests under way are finished first.')
  } finally {
    await server.close()
  }
}

function listen(house: House, settings: Settings, door: Door<House>): Promise<Server> {
  const metrics = openMetrics(version, figuresOf(house), (error) =>
    door.remark(`a metric cannot be read: ${String(error)}`),
  )
  return openServer({
    host: settings.host,
    port: settings.port,
    tls: settings.tls && tlsOf(settings.tls),
    trustedProxy: settings.trustedProxy,
    logLevel: settings.logLevel,
    metrics,
    routes: (server) => addOwnDoors(server, { version, metrics, ready: () => readiness(house) }),
  })
}

function greeting(server: Server, house: House): string {
  return `Bursar ${version} listens on ${server.url}
  database  ${house.database.describe}

Next, in another terminal:
  npm run demo                               load the sample
  npx bursar ingest slurm FILE               bring your own accounting records
  npx bursar statement --project PROJECT     see what a project owes
  npx bursar --help                          everything else
Ctrl-C stops it.`
}

async function readiness(house: House): Promise<Check[]> {
  try {
    await rows(house.database.pool, 'select 1')
    return [{ name: 'database', ok: true, detail: 'answers' }]
  } catch {
    return [{ name: 'database', ok: false, detail: 'does not answer' }]
  }
}

const figuresOf = (house: House): Figure[] => [
  {
    name: 'bursar_seal_lag_operations',
    help: 'Operations that wait to be sealed.',
    read: async () => [{ value: (await sealingLag(house)).operations }],
  },
  {
    name: 'bursar_seal_lag_seconds',
    help: 'Age of the oldest operation that waits to be sealed.',
    read: async () => [{ value: (await sealingLag(house)).seconds }],
  },
]

function tlsOf(files: { readonly cert: string; readonly key: string }): { cert: Buffer; key: Buffer } {
  const read = (variable: string, file: string) => {
    try {
      return readFileSync(file)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      throw new Refusal(`${variable}: ${file} cannot be read (${code})`, 'Name a PEM file that this user may read.')
    }
  }
  const pair = { cert: read('BURSAR_TLS_CERT', files.cert), key: read('BURSAR_TLS_KEY', files.key) }
  try {
    createSecureContext(pair)
  } catch (error) {
    throw new Refusal(
      `BURSAR_TLS_CERT and BURSAR_TLS_KEY do not fit: ${(error as Error).message}`,
      'Both are PEM; the key belongs to the first certificate of the file.',
    )
  }
  return pair
}
