import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Logger } from 'pino'
import { limitIn } from './access/approval.ts'
import { firstKey } from './access/key-commands.ts'
import { seal } from './audit/seal.ts'
import { chargingTasks } from './charging/tasks.ts'
import type { Credits } from './credits/commands.ts'
import { creditTasks } from './credits/tasks.ts'
import { type Database, openDatabase } from './database/database.ts'
import { isMigrated, migrate } from './database/migrate.ts'
import { houseFigures } from './figures.ts'
import { openLog } from './http/log.ts'
import { openMetrics } from './http/metrics.ts'
import type { Check } from './http/routes.ts'
import type { Principal } from './http/principal.ts'
import type { Server } from './http/server.ts'
import type { JobParts } from './jobs/parts-commands.ts'
import { jobTasks } from './jobs/tasks.ts'
import { meteringTasks } from './metering/tasks.ts'
import { hasWritten } from './operations/alone.ts'
import { growYoungHeap } from './operations/young-heap.ts'
import type { House } from './operations/house.ts'
import { loadKeys } from './operations/keys.ts'
import { noteOfKeys, refusalOfKeys, requireOwnKeys } from './operations/own-keys.ts'
import { type Settings, unknownVariables } from './settings.ts'
import type { Task } from './tasks/task.ts'
import { untilDone } from './tasks/retry-tasks.ts'
import { startTasks } from './tasks/tasks.ts'
import type { Door } from './terminal/door.ts'
import { currenciesWith } from './values/currency.ts'
import { Refusal } from './values/refusal.ts'
import { version } from './version.ts'

/** Opens the database, brings its schema up to this program, takes the keys. `house.database.close()` ends it. */
export async function openHouse(settings: Settings, role: 'server' | 'command'): Promise<House> {
  const database = await openDatabase({ url: settings.databaseUrl, dataDirectory: settings.data, role })
  try {
    await migrate(database)
    const house: House = {
      database: { ...database, close: () => sealAndClose(house, database) },
      keys: loadKeys(settings.data, process.env),
      zone: settings.zone,
    }
    await requireOwnKeys(database.pool, house.keys)
    return house
  } catch (error) {
    await database.close()
    throw error
  }
}

/** What a command wrote is sealed before it ends, so that a site without a running server has heads to publish. */
async function sealAndClose(house: House, database: Database): Promise<void> {
  try {
    if (hasWritten(house)) await seal(house)
  } finally {
    await database.close()
  }
}

/** Ready means that it takes requests; it returns when the signal came and everything but the house is closed. */
export async function serveUntilStopped(house: House, settings: Settings, door: Door<House>): Promise<void> {
  if (door.signal.aborted) return
  const log = openLog(settings.logLevel)
  for (const name of unknownVariables(process.env)) log.warn(`${name} is no setting: see bursar show-config`)
  const note = await noteOfKeys(house.database.pool, house.keys)
  if (note !== undefined) log.warn(note)
  growYoungHeap()
  const server = await listen(house, settings, log)
  let tasks: ReturnType<typeof startTasks> | undefined
  try {
    const waits = (err: Error) => log.error({ err }, 'the first key waits for the database')
    // After listening: a key that nobody reads, because the port is taken, would be lost. It listens, so it stays up.
    const key = await untilDone(() => firstKey(house), door.signal, waits)
    // Another server may have begun on the empty database at the same moment, under a key of its own.
    const refusal = await untilDone(() => refusalOfKeys(house.database.pool, house.keys), door.signal, waits)
    if (refusal) throw refusal
    tasks = startTasks(house, tasksOf(house, server, log), ({ name, failure }) => {
      if (failure) log.error({ err: failure, task: name }, 'a task failed')
    })
    door.say(greeting(server, house, key))
    door.answer({ url: server.url, version, database: house.database.describe, ...(key !== undefined && { key }) })
    // A signal may have come while the doors were opened.
    if (!door.signal.aborted) {
      await new Promise((resolve) => door.signal.addEventListener('abort', resolve, { once: true }))
    }
    door.say('Stopping: requests under way are finished first.')
  } finally {
    await tasks?.stop()
    await server.close()
  }
}

/** Closed, it has answered whoever it took, and its lane has finished what was submitted. */
type Opened = Server & {
  readonly credits: Credits
  readonly jobs: JobParts
  /** Credentials for one request in the name of somebody who has none here. */
  pass(principal: Principal): string
}

/** What only a server needs is loaded here, so that a command of the terminal does not wait for it. */
const loadServer = () =>
  Promise.all([
    import('./access/authenticate-commands.ts'),
    import('./access/token-commands.ts'),
    import('./charging/counter-commands.ts'),
    import('./credits/commands.ts'),
    import('./credits/lane-counts.ts'),
    import('./charging/figure-commands.ts'),
    import('./http/auth-counts.ts'),
    import('./http/guard.ts'),
    import('./api.ts'),
    import('./jobs/parts-commands.ts'),
    import('./parties/directory-commands.ts'),
    import('./http/guide.ts'),
    import('./http/origins.ts'),
    import('./http/routes.ts'),
    import('./http/server.ts'),
    import('./jobs/trust-commands.ts'),
  ])

/** Everything but the background work. */
export async function listen(house: House, settings: Settings, log: Logger): Promise<Opened> {
  const [
    { Doorkeeper },
    { tokenReader },
    { Counter },
    { Credits },
    { countLane, laneFigures },
    { moneyFigures },
    { authCounts },
    { addGuard },
    { addApi },
    { newJobParts },
    { Directory },
    { addGuide },
    { originsOf },
    { addOwnDoors },
    { openServer },
    { trustedBy },
  ] = await loadServer()
  const doorkeeper = new Doorkeeper(house, settings.jwt && tokenReader(settings.jwt))
  const credits = new Credits(house, {}, currenciesWith(settings.currencies))
  const counter = new Counter(credits)
  const { currency, rules } = settings.jobs
  const { grants } = settings.approvals
  const fundLimit = grants && limitIn(grants, currency)
  const jobs = newJobParts(counter, new Directory(house, settings.provider), currency, rules, fundLimit)
  const figures = [...houseFigures(house), ...moneyFigures(house), ...laneFigures(credits), ...doorkeeper.figures()]
  const metrics = openMetrics(version, [...figures, ...jobs.figures], (err) =>
    log.warn({ err }, 'a figure cannot be read'),
  )
  countLane(metrics, credits)
  const server = await openServer({
    host: settings.host,
    port: settings.port,
    tls: settings.tls && tlsOf(settings.tls),
    trustedProxy: settings.trustedProxy,
    log,
    logs: settings.logAnswers,
    metrics,
    version,
    origins: originsOf(settings.corsOrigins),
    routes: (server) => {
      addGuard(server, doorkeeper, {
        counts: authCounts(metrics),
        metrics: settings.metrics,
        trusted: trustedBy(settings.jobs, log),
      })
      addOwnDoors(server, { version, commit: settings.jobs.commit, metrics, ready: () => readiness(house) })
      addGuide(server)
      addApi(server, {
        house,
        settings,
        metrics,
        counter,
        jobs,
        accessChanged: () => doorkeeper.forget(),
        pass: (principal) => doorkeeper.pass(principal),
      })
    },
  })
  const close = async () => {
    await server.close()
    await doorkeeper.noteUses().catch((err: unknown) => log.warn({ err }, 'when keys were used is not written down'))
    await credits.lane.close()
  }
  return { ...server, close, credits, jobs, pass: (principal) => doorkeeper.pass(principal) }
}

type Asked = { readonly method: string; readonly path: string; readonly body?: object; readonly key?: string }

/** Asks a door of the house where no server runs: one is opened that nobody else has credentials for, and closed again. */
export async function askOwnDoors(
  house: House,
  settings: Settings,
  principal: Principal,
  { method, path, body, key }: Asked,
): Promise<{ status: number; body: { [field: string]: unknown } }> {
  const own = { ...settings, host: '127.0.0.1', port: 0, tls: undefined, trustedProxy: undefined }
  const server = await listen(house, own, openLog('silent'))
  try {
    const headers = {
      authorization: server.pass(principal),
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    }
    const answer = await fetch(`${server.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    return { status: answer.status, body: (await answer.json()) as { [field: string]: unknown } }
  } finally {
    await server.close()
  }
}

const tasksOf = (house: House, { credits, jobs }: Opened, log: Logger): Task[] => [
  {
    name: 'seal',
    everySeconds: 1,
    run: async () => {
      const { warning } = await seal(house)
      if (warning) log.warn(warning)
    },
  },
  ...creditTasks(credits),
  ...meteringTasks(house),
  ...chargingTasks(house),
  ...jobTasks(jobs.desk, jobs.storage),
]

function greeting(server: Server, house: House, key: string | undefined): string {
  return `Bursar ${version} listens on ${server.url}
  database  ${house.database.describe}
  guide     ${server.url}/docs/guide/
${key === undefined ? '' : keyText(key)}
Next, in another terminal:
  npm run demo                               load the sample
  npx bursar ingest slurm FILE               bring your own accounting records
  npx bursar statement --project PROJECT     see what a project owes
  npx bursar --help                          everything else
Ctrl-C stops it.`
}

const keyText = (key: string): string => `  admin key ${key}

The key is shown this once and kept nowhere. It may do everything: keep it as you keep a password. Others are
made with \`bursar key create\`, and a lost one is replaced so too.
`

async function readiness(house: House): Promise<Check[]> {
  try {
    const ok = await isMigrated(house.database.pool)
    const detail = ok ? 'is that of this program' : 'is that of another version of Bursar'
    return [
      { name: 'database', ok: true, detail: 'answers' },
      { name: 'schema', ok, detail },
    ]
  } catch {
    return [{ name: 'database', ok: false, detail: 'does not answer' }]
  }
}

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
