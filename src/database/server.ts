import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs'
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { Refusal } from '../values/refusal.ts'
import { connection } from './pool.ts'
import { isRunning, processesIn, signal } from './process.ts'
import { freeMiB, logSegmentMiB, serverSettings } from './server-settings.ts'
import { giveTo, type SystemUser } from './system-user.ts'

/** A PostgreSQL of Bursar's own: where its files are, which programs serve them, and as whom. */
export type Cluster = {
  readonly directory: string
  readonly programs: string
  readonly user: SystemUser | undefined
  readonly log: string
  readonly durable: boolean
}

const as = (user: SystemUser | undefined) => (user ? { uid: user.uid, gid: user.gid } : {})

/** The names of those who may connect; who reaches the socket's directory may. */
const superuser = 'postgres'
const application = 'bursar'

export const urlOf = (sockets: string, user = application, database = application): string =>
  `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(sockets)}`

/** Makes the files. Beside their place and renamed at the end, so that an interrupted start leaves nothing half made. */
export function initialise({ directory, programs, user, durable }: Cluster): void {
  const parent = dirname(directory)
  const draft = join(parent, `postgres.new-${process.pid}`)
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  hand(user, draft)
  const words = ['-D', draft, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--data-checksums']
  const { status, stderr, error } = spawnSync(join(programs, 'initdb'), durable ? words : [...words, '--no-sync'], {
    ...as(user),
    cwd: '/',
    encoding: 'utf8',
    env: environmentOf(user),
  })
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    throw new Refusal(`PostgreSQL could not make its files in ${directory}: ${(stderr || error?.message) ?? ''}`.trim())
  }
  appendFileSync(join(draft, 'postgresql.conf'), `\ninclude_if_exists 'bursar.conf'\ninclude_if_exists 'local.conf'\n`)
  renameSync(draft, directory)
  if (durable) keep(parent)
}

/** A rename is on disk only when its directory is. */
function keep(directory: string): void {
  const file = openSync(directory, 'r')
  fsyncSync(file)
  closeSync(file)
}

function hand(user: SystemUser | undefined, path: string): void {
  try {
    giveTo(user, path)
  } catch (error) {
    throw new Refusal(
      `PostgreSQL does not run as root, and files cannot be given to the user ${user?.name}: ${(error as Error).message}`,
      'Run Bursar as an ordinary user, or set DATABASE_URL.',
    )
  }
}

type Postmaster = { readonly pid: number; readonly sockets: string; readonly ready: boolean }

/** The server that works on these files now, if any. */
export function postmasterOf(directory: string): Postmaster | undefined {
  const path = join(directory, 'postmaster.pid')
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid) || !worksIn(pid, directory)) return undefined
  return { pid, sockets: lines[4] ?? '', ready: lines[7]?.trim() === 'ready' }
}

function worksIn(pid: number, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === directory
  } catch {
    // Without /proc the pid file alone has to do; connecting will tell.
    return !existsSync('/proc/self')
  }
}

/** Starts the server, or finds the one that a Bursar left behind, and answers where its socket is. */
export async function start(cluster: Cluster): Promise<string> {
  const found = postmasterOf(cluster.directory)
  if (found && (await comesUp(cluster.directory, found.pid, found.sockets))) return found.sockets
  await endOrphans(cluster.directory)
  const sockets = clearTraces(cluster) ?? privateDirectory(cluster)
  writeSettings(cluster)
  const logged = existsSync(cluster.log) ? statSync(cluster.log).size : 0
  if (logged > 10 * 1024 * 1024) renameSync(cluster.log, `${cluster.log}.1`)
  const log = openSync(cluster.log, 'a', 0o600)
  // In a session of its own: Ctrl-C goes to everybody in the terminal's, and Bursar ends PostgreSQL in order.
  const server = spawn(join(cluster.programs, 'postgres'), ['-D', cluster.directory, '-k', sockets], {
    ...as(cluster.user),
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: environmentOf(cluster.user),
  })
  closeSync(log)
  server.unref()
  const failed = new Promise<Error>((resolve) => server.once('error', resolve))
  const pid = server.pid
  if (pid === undefined) throw new Refusal(`PostgreSQL could not be started: ${(await failed).message}`)
  if (await comesUp(cluster.directory, pid, sockets)) return sockets
  rmSync(sockets, { recursive: true, force: true })
  if (freeMiB(cluster.directory) < logSegmentMiB) throw diskFull(cluster.directory)
  throw new Refusal(`PostgreSQL did not start: ${lastWords(cluster.log)}`, `Its log is ${cluster.log}.`)
}

const diskFull = (directory: string): Refusal =>
  new Refusal(`the disk of ${directory} is full`, 'Make room, then start again.')

function writeSettings({ directory, durable, user }: Cluster): void {
  const path = join(directory, 'bursar.conf')
  const draft = `${path}.new`
  try {
    writeFileSync(draft, serverSettings(directory, durable))
    giveTo(user, draft)
    renameSync(draft, path)
  } catch (error) {
    // On a full disk those of before will do.
    if (!existsSync(path)) throw error
    rmSync(draft, { force: true })
  }
}

/** Waits until the server answers; false when it ends instead. Recovery after a crash may take a while. */
async function comesUp(directory: string, pid: number, sockets: string): Promise<boolean> {
  for (let wait = 5; isRunning(pid); wait = Math.min(wait * 1.5, 100)) {
    const answer = await tries(urlOf(sockets))
    if (answer === 'ready') return true
    // It would refuse everybody until somebody makes room.
    if (answer === 'refusing' && freeMiB(directory) < 1) throw diskFull(directory)
    if (answer === 'unprepared') await prepare(sockets)
    else await sleep(wait)
  }
  return false
}

async function tries(url: string): Promise<'ready' | 'unprepared' | 'refusing' | 'waiting'> {
  const client = new Client({ ...connection(url), connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return 'ready'
  } catch (error) {
    // The role or the database is missing: the server is new, or was killed before they were made.
    const code = (error as { code?: string }).code ?? ''
    if (['28000', '3D000'].includes(code)) return 'unprepared'
    // All its connections are taken: it is up.
    if (code === '53300') return 'ready'
    return error instanceof DatabaseError && code !== '57P03' ? 'refusing' : 'waiting'
  } finally {
    await client.end().catch(() => {})
  }
}

/** Bursar's own role is no superuser: what it can never do, no mistake of ours can do either. */
async function prepare(sockets: string): Promise<void> {
  const client = new Client(connection(urlOf(sockets, superuser, superuser)))
  await client.connect()
  try {
    const { rows } = await client.query(`select from pg_roles where rolname = '${application}'`)
    if (rows.length === 0) await client.query(`create role ${application} login`)
    await client.query(`create database ${application} owner ${application}`)
  } finally {
    await client.end()
  }
}

/** Ends the server in order: what is committed is on disk already; a checkpoint makes the next start quick. */
export async function stop(directory: string): Promise<void> {
  const found = postmasterOf(directory)
  if (!found) return
  signal(found.pid, 'SIGINT')
  const deadline = Date.now() + 60_000
  while (isRunning(found.pid)) {
    // Without the checkpoint, then: nothing is lost by it.
    if (Date.now() > deadline) signal(found.pid, 'SIGQUIT')
    await sleep(5)
  }
  if (found.sockets) rmSync(found.sockets, { recursive: true, force: true })
}

/** Servers whose postmaster was killed: they hold the shared memory, and PostgreSQL does not start beside them. */
async function endOrphans(directory: string): Promise<void> {
  const deadline = Date.now() + 2000
  for (let pids = processesIn(directory); pids.length > 0; pids = processesIn(directory)) {
    for (const pid of pids) signal(pid, Date.now() > deadline ? 'SIGKILL' : 'SIGQUIT')
    await sleep(20)
  }
}

/**
 * Removes what a killed server left, and answers the directory of its socket, where programs that still run look for
 * it. Its pid file goes too: PostgreSQL would not start beside a process of that number, be it one that waits for its
 * parent or somebody else by now; that none works in the directory was seen just before.
 */
function clearTraces({ directory, user }: Cluster): string | undefined {
  const path = join(directory, 'postmaster.pid')
  if (!existsSync(path)) return undefined
  const sockets = readFileSync(path, 'utf8').split('\n')[4] ?? ''
  if (existsSync('/proc/self')) rmSync(path)
  const found = lstatSync(sockets, { throwIfNoEntry: false })
  const isOurs = found?.isDirectory() && found.uid === (user?.uid ?? process.getuid?.()) && (found.mode & 0o077) === 0
  if (!isOurs || !/\/bursar-[^/]+$/.test(sockets)) return undefined
  for (const name of readdirSync(sockets)) rmSync(join(sockets, name))
  return sockets
}

/** A socket's path fits into a hundred bytes, whatever the data directory is called. */
function privateDirectory({ user }: Cluster): string {
  const parent = Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : '/tmp'
  const directory = mkdtempSync(join(parent, 'bursar-'))
  chmodSync(directory, 0o700)
  giveTo(user, directory)
  return directory
}

function environmentOf(user: SystemUser | undefined): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env
  return { PATH, ...(TMPDIR && !user ? { TMPDIR } : {}), LC_ALL: 'C', TZ: 'UTC', PGTZ: 'UTC' }
}

function lastWords(log: string): string {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5) : []
  return lines.find((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
