import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { Refusal } from '../values/refusal.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { isRunning, processesIn, signal } from './process.ts'
import { postmasterOf } from './server.ts'

const isRoot = process.getuid?.() === 0
let home: string
let data: string
before(() => {
  home = mkdtempSync(join(tmpdir(), 'bursar-managed-'))
  chmodSync(home, 0o755)
  // A path that no socket could have.
  data = join(home, 'a long name '.repeat(9), 'data')
})
after(() => rmSync(home, { recursive: true, force: true }))

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const cluster = () => join(data, 'postgres')
const isServed = () => processesIn(cluster()).length > 0

/** Another Bursar on the same data directory, in a process group of its own as a shell would make it. */
async function another(role: 'server' | 'command', directory = data): Promise<ChildProcess & { url: string }> {
  const module = fileURLToPath(new URL('database.ts', import.meta.url))
  const program = `
    const { openDatabase } = await import(${JSON.stringify(module)})
    try {
      const database = await openDatabase({ dataDirectory: ${JSON.stringify(directory)}, role: '${role}' })
      process.once('SIGINT', () => database.close().then(() => process.exit(0)))
      process.stdout.write('open ' + database.url + '\\n')
      setInterval(() => {}, 1000)
    } catch (error) {
      process.stdout.write('refused ' + error.message + '\\n')
      process.exit(1)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  assert(child.stdout)
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  return Object.assign(child, { url: said.trim() })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

test('an empty directory becomes a database, and nothing runs after the last has left', async () => {
  const database = await openDatabase({ dataDirectory: data })
  assert((await migrate(database)).length > 0)
  assert.deepEqual(await migrate(database), [])
  const { rows } =
    await database.pool.query(`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
    current_setting('listen_addresses') as addresses, current_setting('data_checksums') as checksums,
    (select rolsuper from pg_roles where rolname = current_user) as is_super,
    pg_encoding_to_char(encoding) as encoding, datcollate as collation from pg_database where datname = current_database()`)
  assert.deepEqual(rows, [
    { fsync: 'on', commits: 'on', addresses: '', checksums: 'on', is_super: false, encoding: 'UTF8', collation: 'C' },
  ])
  await assert.rejects(database.pool.query('delete from operations.operations'), { code: '25006' })
  await database.close()
  assert.equal(isServed(), false)
})

test('commands come and go beside a server; a second server is refused and told whose place it is', async () => {
  const server = await another('server')
  const command = await another('command')
  const pid = postmasterOf(cluster())?.pid
  assert.match((await another('server')).url, new RegExp(`refused data directory in use by pid ${server.pid}`))
  command.kill('SIGINT')
  await ended(command)
  assert.equal(postmasterOf(cluster())?.pid, pid)
  server.kill('SIGINT')
  await ended(server)
  assert.equal(isServed(), false)
})

test('Ctrl-C, which reaches the whole group of the terminal, does not reach PostgreSQL before Bursar has ended', async () => {
  const server = await another('server')
  process.kill(-(server.pid as number), 'SIGINT')
  await ended(server)
  assert.equal(server.exitCode, 0)
  assert.equal(isServed(), false)
  assert.match(
    readFileSync(join(data, 'postgres.log'), 'utf8').trimEnd().split('\n').at(-1) ?? '',
    /database system is shut down/,
  )
})

test('a server left behind by a killed Bursar is adopted by the next, and stopped with it', async () => {
  const killed = await another('server')
  const pid = postmasterOf(cluster())?.pid
  killed.kill('SIGKILL')
  await ended(killed)
  const next = await openDatabase({ dataDirectory: data, role: 'server' })
  assert.equal(postmasterOf(cluster())?.pid, pid)
  await next.close()
  assert.equal(isServed(), false)
})

test('after PostgreSQL was killed at once, or its postmaster alone, the next start has all that was committed', async () => {
  for (const which of ['all', 'postmaster'] as const) {
    const killed = await another('server')
    const client = new Client({ connectionString: killed.url.replace('open ', '') })
    client.on('error', () => {})
    await client.connect()
    await client.query(`begin read write; insert into tasks.tasks (name, due_at) values ('${which}', now()); commit`)
    const busy = client.query(`select pg_sleep(600)`).catch(() => {})
    const pids = which === 'all' ? processesIn(cluster()) : [postmasterOf(cluster())?.pid as number]
    for (const pid of pids) signal(pid, 'SIGKILL')
    killed.kill('SIGKILL')
    await ended(killed)
    const next = await openDatabase({ dataDirectory: data, role: 'server' })
    const { rows } = await next.pool.query(`select name from tasks.tasks where name = $1`, [which])
    assert.deepEqual(rows, [{ name: which }])
    await next.close()
    await busy
  }
})

test('a server whose PostgreSQL is killed under it starts it again, where everybody looks for it', async () => {
  const server = await another('server')
  const database = await openDatabase({ dataDirectory: data })
  for (const pid of processesIn(cluster())) signal(pid, 'SIGKILL')
  const answer = async (): Promise<number> => {
    try {
      return (await database.pool.query('select 1')).rows.length
    } catch {
      return 0
    }
  }
  for (let wait = 0; wait < 200 && (await answer()) === 0; wait++) await sleep(50)
  assert.equal(await answer(), 1)
  await database.close()
  server.kill('SIGINT')
  await ended(server)
  assert.equal(isServed(), false)
})

test('eight programs that start and end at once on an empty directory get one server, and leave none', async () => {
  const own = join(home, 'crowd')
  const crowd = await Promise.all(Array.from({ length: 8 }, () => another('command', own)))
  assert.equal(new Set(crowd.map(({ url }) => url)).size, 1)
  assert.match(crowd[0]?.url ?? '', /^open /)
  for (const child of crowd) child.kill(Math.random() < 0.3 ? 'SIGKILL' : 'SIGINT')
  await Promise.all(crowd.map(ended))
  const last = await openDatabase({ dataDirectory: own })
  await last.close()
  assert.deepEqual(processesIn(join(own, 'postgres')), [])
})

test('a first start that was cut off in the middle leaves nothing in the way', async () => {
  const own = join(home, 'cut')
  mkdirSync(join(own, 'postgres.new-1', 'base'), { recursive: true })
  writeFileSync(join(own, 'bursar.json'), '{"format":1,"origin":"system","major":9,"directory":"/nowhere"}')
  const database = await openDatabase({ dataDirectory: own })
  assert.equal(existsSync(join(own, 'postgres.new-1')), false)
  await database.close()
})

test('a directory made by a PostgreSQL that is gone is refused, with its version and a remedy', async () => {
  const own = join(home, 'old')
  mkdirSync(join(own, 'postgres'), { recursive: true })
  writeFileSync(
    join(own, 'bursar.json'),
    '{"format":1,"origin":"system","major":13,"directory":"/usr/lib/postgresql/13/bin"}',
  )
  await assert.rejects(
    openDatabase({ dataDirectory: own }),
    (error) =>
      error instanceof Refusal &&
      /PostgreSQL 13 \(system\)/.test(error.message) &&
      /postgresql-13/.test(error.remedy ?? ''),
  )
})

test('a data directory of a newer program, and one whose file is no such file, are refused with a remedy', async () => {
  const own = join(home, 'newer')
  mkdirSync(join(own, 'postgres'), { recursive: true })
  const refused = async (text: string, words: RegExp) => {
    writeFileSync(join(own, 'bursar.json'), text)
    await assert.rejects(
      openDatabase({ dataDirectory: own }),
      (error) => error instanceof Refusal && words.test(error.message) && error.remedy !== undefined,
    )
  }
  await refused('{"format":9}', /bursar\.json has format 9, which this version of Bursar does not know/)
  for (const text of ['{"format":1}', '{"format":', 'null', '']) {
    await refused(text, /bursar\.json does not say with which PostgreSQL/)
  }
})

test('a program that exits without leaving sends the server home', async () => {
  const server = await another('command')
  const pid = postmasterOf(cluster())?.pid as number
  const module = fileURLToPath(new URL('database.ts', import.meta.url))
  const program = `const { openDatabase } = await import(${JSON.stringify(module)})
    await openDatabase({ dataDirectory: ${JSON.stringify(data)} }); process.exit(3)`
  server.kill('SIGKILL')
  await ended(server)
  const careless = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' })
  await ended(careless)
  assert.equal(careless.exitCode, 3)
  for (let wait = 0; wait < 500 && isRunning(pid); wait++) await sleep(10)
  assert.equal(isServed(), false)
})

test('root: where the system user cannot go, the files are put elsewhere and linked', { skip: !isRoot }, async () => {
  const closed = join(home, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const own = join(closed, 'data')
  const database = await openDatabase({ dataDirectory: own })
  await database.pool.query('select 1')
  await database.close()
  const link = join(own, 'postgres')
  assert(lstatSync(link).isSymbolicLink())
  const again = await openDatabase({ dataDirectory: own })
  await again.close()
  rmSync(dirname(readlinkSync(link)), { recursive: true })
  await assert.rejects(openDatabase({ dataDirectory: own }), /the database of .* is gone: it was in/)
  // What a temporary directory left there goes when the next comes.
  const place = dirname(readlinkSync(link))
  mkdirSync(join(place, 'postgres'), { recursive: true })
  writeFileSync(join(place, 'belongs-to'), `${own}\n`)
  rmSync(closed, { recursive: true })
  const other = join(home, 'other')
  mkdirSync(other, { mode: 0o700 })
  await (await openDatabase({ dataDirectory: join(other, 'data') })).close()
  assert.equal(existsSync(place), false)
  rmSync(dirname(readlinkSync(join(other, 'data', 'postgres'))), { recursive: true })
})
