import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Refusal } from '../values/refusal.ts'
import { type Binaries, binariesOf, findBinaries, readyBinaries } from './binaries.ts'
import { tryLock, withLock } from './lock.ts'
import { isAlive, markOf, pidOf, processesIn, signal } from './process.ts'
import { type Cluster, initialise, postmasterOf, start, stop, urlOf } from './server.ts'
import { canReach, giveTo, serverUser, type SystemUser } from './system-user.ts'

export type Managed = {
  readonly url: string
  readonly superuserUrl: string
  readonly describe: string
  /** The last to leave stops the server. */
  leave(): Promise<void>
}

export type ManagedSettings = {
  readonly role: 'server' | 'command'
  /** False for databases of tests only: commits then survive no crash of the machine. */
  readonly durable?: boolean
  /** What the first program to come does before others may. */
  readonly tidy?: (superuserUrl: string) => Promise<void>
}

/** Files that the user who runs PostgreSQL cannot reach below the data directory go here; a link stands there. */
const outside = '/var/lib/bursar'

/**
 * Bursar's own PostgreSQL of a data directory. Several programs use it at once: the first starts it, the last to
 * leave stops it; one that was killed is noticed by the next, which takes over what it left.
 */
export async function managedServer(dataDirectory: string, settings: ManagedSettings): Promise<Managed> {
  const data = prepared(dataDirectory)
  const own = join(data, 'users', `${markOf(process.pid)}.${(serial += 1)}`)
  const { sockets, cluster } = await withLock(data, async () => {
    const others = usersOf(data)
    const server = others.find(({ role }) => role === 'server')
    if (settings.role === 'server' && server) {
      throw new Refusal(
        `data directory in use by pid ${server.pid}: ${data}`,
        'One server works on a data directory. Stop the other, or give this one its own (BURSAR_DATA).',
      )
    }
    const files = clusterOf(data, settings)
    // Before the start: who is killed during it has its server stopped by the next to leave.
    symlinkSync(settings.role, own)
    try {
      const sockets = await start(files)
      if (others.length === 0) await settings.tidy?.(superuserOf(sockets))
      return { sockets, cluster: files }
    } catch (error) {
      rmSync(own, { force: true })
      // What came up and cannot be used, as on a full disk, is not left behind.
      if (usersOf(data).length === 0) await stop(files.directory)
      throw error
    }
  })
  const atExit = (): void => leaveAtExit(data, own, cluster.directory)
  process.once('exit', atExit)
  const watch = settings.role === 'server' ? watched(data, cluster) : undefined
  const leave = async (): Promise<void> => {
    process.off('exit', atExit)
    await watch?.end()
    await withLock(data, async () => {
      rmSync(own, { force: true })
      if (usersOf(data).length === 0) await stop(cluster.directory)
    })
  }
  return { url: urlOf(sockets), superuserUrl: superuserOf(sockets), describe: `PostgreSQL in ${data}`, leave }
}

/** A server runs for months: when its PostgreSQL is killed, it starts it again where its pool looks for it. */
function watched(data: string, cluster: Cluster): { end(): Promise<void> } {
  let starting: Promise<unknown> | undefined
  const look = (): void => {
    if (starting || postmasterOf(cluster.directory)) return
    // When it fails, the next look tries again; what needs the database says meanwhile that it is away.
    const started = withLock(data, () => start(cluster)).catch(() => {})
    starting = started.finally(() => (starting = undefined))
  }
  const timer = setInterval(look, 500).unref()
  return {
    end: async () => {
      clearInterval(timer)
      await starting
    },
  }
}

const superuserOf = (sockets: string): string => urlOf(sockets, 'postgres', 'postgres')

let serial = 0

function prepared(dataDirectory: string): string {
  const data = resolve(dataDirectory)
  try {
    // Others may pass through, as PostgreSQL's own user must, but not look around.
    makeDirectory(data, 0o711)
    makeDirectory(join(data, 'users'), 0o700)
    for (const path of [data, join(data, 'users')]) accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return realpathSync(data)
  } catch (error) {
    throw new Refusal(
      `cannot use the data directory ${data}: ${(error as Error).message}`,
      'Give a directory that you may write to (BURSAR_DATA), or run as its owner.',
    )
  }
}

/** Node's own recursive way never ends where a file system takes no directories, such as /proc. */
function makeDirectory(path: string, mode: number): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path), mode)
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Another program was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

type User = { readonly pid: number; readonly role: string }

/** Who uses the data directory now; what killed programs left is cleared away. */
function usersOf(data: string): User[] {
  const directory = join(data, 'users')
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    const mark = name.split('.')[0] as string
    if (isAlive(mark)) return [{ pid: pidOf(mark), role: roleOf(path) }]
    rmSync(path, { force: true })
    return []
  })
}

function roleOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // It leaves just now.
    return 'command'
  }
}

/** For programs that end without leaving in order: nothing can be waited for any more, but a signal can be sent. */
function leaveAtExit(data: string, own: string, directory: string): void {
  const release = tryLock(data)
  rmSync(own, { force: true })
  if (!release) return
  const server = usersOf(data).length === 0 ? postmasterOf(directory) : undefined
  if (server) {
    signal(server.pid, 'SIGINT')
    rmSync(server.sockets, { recursive: true, force: true })
  }
  release()
}

/** Of the data directory; a later one is for later programs. */
const format = 1
type Record = Binaries & { readonly format: typeof format }

function clusterOf(data: string, { durable = true }: ManagedSettings): Cluster {
  const link = join(data, 'postgres')
  const exists = existsSync(link)
  // Never a new one in its place: the books were there.
  if (!exists && lstatSync(link, { throwIfNoEntry: false })) {
    throw new Refusal(
      `the database of ${data} is gone: it was in ${readlinkSync(link)}`,
      `Bring that directory back, or remove ${link} to begin anew without it.`,
    )
  }
  const binaries = remembered(data, exists)
  const user = serverUser(link)
  const reachable = canReach(user, data)
  const programs = readyBinaries(binaries, user, user ? [...(reachable ? [data] : []), outside] : [data])
  const log = join(data, 'postgres.log')
  if (exists) return { directory: realpathSync(link), programs, user, log, durable }
  removeDrafts(data)
  const directory = reachable ? link : placeOutside(data, user)
  const cluster = { directory, programs, user, log, durable }
  initialise(cluster)
  if (directory !== link) {
    rmSync(link, { force: true })
    symlinkSync(directory, link)
  }
  return cluster
}

/** The PostgreSQL this directory was made with, or, for a new one, the one it will be. */
function remembered(data: string, exists: boolean): Binaries {
  const path = join(data, 'bursar.json')
  if (exists && existsSync(path)) return binariesOf(recordIn(path), process.env)
  const binaries = findBinaries(process.env)
  const record: Record = { format, ...binaries }
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(`${path}.new`, path)
  return binaries
}

function recordIn(path: string): Record {
  const record = parsed(readFileSync(path, 'utf8'))
  if (typeof record?.format === 'number' && record.format > format) {
    throw new Refusal(
      `${path} has format ${record.format}, which this version of Bursar does not know`,
      'Use the version of Bursar that made this data directory, or a newer one.',
    )
  }
  const { origin, major, directory } = record ?? {}
  if (record?.format === format && typeof origin === 'string' && typeof directory === 'string' && Number(major) > 0) {
    return record as Record
  }
  throw new Refusal(
    `${path} does not say with which PostgreSQL its database was made`,
    'Bring the file back from a backup of the data directory.',
  )
}

/** Undefined for a text that is no JSON object. */
function parsed(text: string): Partial<{ [Name in keyof Record]: unknown }> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function removeDrafts(data: string): void {
  for (const name of readdirSync(data)) {
    if (name.startsWith('postgres.new-')) rmSync(join(data, name), { recursive: true, force: true })
  }
}

/** Of data directories that were temporary, as those of tests are, and are gone. Any other may hold somebody's books. */
function removeTemporary(): void {
  for (const name of readdirSync(outside)) {
    const note = join(outside, name, 'belongs-to')
    const owner = existsSync(note) ? readFileSync(note, 'utf8').trimEnd() : ''
    if (!owner.startsWith(`${realpathSync(tmpdir())}/`) || existsSync(owner)) continue
    if (processesIn(join(outside, name, 'postgres')).length > 0) continue
    rmSync(join(outside, name), { recursive: true, force: true })
  }
}

function placeOutside(data: string, user: SystemUser | undefined): string {
  mkdirSync(outside, { recursive: true, mode: 0o711 })
  chmodSync(outside, 0o711)
  removeTemporary()
  const name = createHash('sha256').update(data).digest('hex').slice(0, 12)
  for (let number = 1; ; number++) {
    const parent = join(outside, `${name}-${number}`)
    // A place of a data directory that was removed since is not used again: it may hold somebody's books.
    if (existsSync(parent) && lstatSync(parent).isDirectory()) {
      if (existsSync(join(parent, 'postgres'))) continue
      rmSync(parent, { recursive: true })
    }
    mkdirSync(parent, { mode: 0o711 })
    writeFileSync(join(parent, 'belongs-to'), `${data}\n`)
    giveTo(user, parent)
    return join(parent, 'postgres')
  }
}
