import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server as NetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/database/testing.ts'
import { sacctCall } from '../../src/slurm/sacct.ts'

let fresh: FreshDatabase
let directory: string
before(async () => {
  fresh = await freshDatabase()
  directory = mkdtempSync(join(tmpdir(), 'bursar-cli-'))
})
after(() => fresh.drop())

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

function begin(words: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    DATABASE_URL: fresh.url,
    BURSAR_DATA: directory,
    ...environment,
  }
  return spawn(process.execPath, [join(import.meta.dirname, '../../src/cli.ts'), ...words], { env })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (data: Buffer) => (texts.out += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (texts.err += data.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...texts }
}

const bursar = (words: readonly string[], environment?: Record<string, string>) => ended(begin(words, environment))

function file(name: string, text: string | Buffer): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

test('every command explains itself, and help is no failure', async () => {
  const help = await bursar(['--help'])
  assert.equal(help.code, 0)
  const nouns = [...help.out.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].map((match) => match[1] as string)
  assert.ok(nouns.includes('serve') && nouns.includes('parties') && nouns.includes('show-config'), help.out)
  for (const noun of nouns) {
    const { code, out } = await bursar([noun, '--help'])
    assert.equal(code, 0, noun)
    assert.match(out, new RegExp(`Usage: bursar ${noun}`))
  }
  assert.match((await bursar(['help', 'parties'])).out, /Usage: bursar parties/)
})

test('the help of ingest says how to ask Slurm, and that what is left uncharged stays so', async () => {
  const { out } = await bursar(['ingest', 'slurm', '--help'])
  assert.ok(out.replace(/ \\\n +/, ' ').includes(sacctCall), out)
  assert.match(out, /What --charge-from leaves uncharged stays so/)
})

test('wrong usage ends with 2, says what is wrong and where to read on', async () => {
  const wrong: [string[], RegExp][] = [
    [['nonsense'], /unknown command 'nonsense'\nSee bursar --help/],
    [['ingest', 'foo'], /unknown command 'foo'\nSee bursar ingest --help/],
    [['parties', 'import'], /missing required argument 'file'\nSee bursar parties import --help/],
    [['key', 'create', '--nix'], /'--name <name>' not specified\nSee bursar key create --help/],
    [['parties', 'list', '--colour'], /unknown option '--colour'/],
    [['parties', 'list', '--csv', '--people'], /--csv goes with neither/],
    [['rerate', '--reason', '', '--apply'], /--reason is blank/],
    [['refund', 'set_1', '--amount', '1', '--reason', ' \t '], /--reason is blank/],
    [['approval', 'approve', 'apr_1', '--reason', ' '], /--reason is blank/],
    [['quarantine', 'dismiss', 'qua_1', '--reason', ' '], /--reason is blank/],
    [['quarantine', 'dismiss', '7', '--reason', 'x'], /7 is no id of a quarantined row/],
  ]
  for (const [words, message] of wrong) {
    const { code, out, err } = await bursar(words)
    assert.deepEqual([code, out], [2, ''], words.join(' '))
    assert.match(err, message)
  }
})

test('with --json stdout holds one document, for a failure too', async () => {
  const refused = await bursar(['parties', 'import', '/no/such.csv', '--json'])
  assert.equal(refused.code, 1)
  assert.match((JSON.parse(refused.out) as { error: { message: string } }).error.message, /does not exist/)
  assert.match(refused.err, /^bursar: \/no\/such\.csv does not exist\nName a CSV file\.\n$/)
  const misused = await bursar(['parties', 'nonsense', '--json'])
  assert.equal(misused.code, 2)
  assert.ok('error' in (JSON.parse(misused.out) as object))
})

test('parties are imported, listed, written out and imported again without effect', async () => {
  const path = file(
    'parties.csv',
    '\ufefforganisation;tier;project;payment;person;email\r\nคณะวิทยาศาสตร์;mu;chem;prepaid;somchai;s@example.ac.th\r\n',
  )
  const dry = await bursar(['parties', 'import', path, '--dry-run', '--json'])
  assert.equal((JSON.parse(dry.out) as { changes: unknown[] }).changes.length, 4)
  assert.match((await bursar(['parties', 'list'])).out, /^No organisations yet/)

  const done = await bursar(['parties', 'import', path])
  assert.equal(done.code, 0, done.err)
  assert.match(done.out, /\+ organisation คณะวิทยาศาสตร์: tier mu\n/)
  assert.match(done.out, /Done: 4 added, 0 changed, 0 unchanged\./)
  assert.match((await bursar(['parties', 'list'])).out, /คณะวิทยาศาสตร์ +mu +chem +prepaid +1\n/)

  const written = file('again.csv', (await bursar(['parties', 'list', '--csv'])).out)
  assert.match((await bursar(['parties', 'import', written])).out, /Nothing to do/)
})

test('a directory, a binary and a file in another encoding are refused, each in its own words', async () => {
  const refusal = async (path: string) => (await bursar(['parties', 'import', path])).err
  assert.match(await refusal(directory), /is a directory/)
  assert.match(await refusal(file('latin.csv', Buffer.from([0x6f, 0xe4, 0x0a]))), /is not UTF-8 text/)
  assert.match(await refusal(file('nul.csv', 'organisation\na\0b\n')), /line 1: the file holds NUL bytes/)
})

test('a setting that cannot be is refused, naming its variable', async () => {
  const { code, err } = await bursar(['parties', 'list'], { BURSAR_ZONE: 'Nowhere' })
  assert.deepEqual([code, err.split('\n')[0]], [2, 'bursar: BURSAR_ZONE is “Nowhere”, which is no time zone.'])
  assert.equal((await bursar(['show-config'], { BURSAR_PORT: 'http' })).code, 2)
  assert.equal((await bursar(['parties', 'list', '--database-url', 'mysql://x'])).code, 2)
})

test('show-config prints no secret', async () => {
  const environment = { DATABASE_URL: 'postgres://u:hunter2@db/books', BURSAR_SEAL_KEY: 'ab'.repeat(32) }
  for (const words of [['show-config'], ['show-config', '--json']]) {
    const { code, out } = await bursar(words, environment)
    assert.equal(code, 0)
    assert.ok(!/hunter2|abab/.test(out))
    assert.match(out, /BURSAR_PORT/)
  }
})

test('a database that cannot be reached is a refusal, not a stack', async () => {
  const { code, err } = await bursar(['parties', 'list'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/books' })
  assert.equal(code, 1)
  assert.match(err, /^bursar: cannot reach the database/)
  assert.ok(!err.includes('    at ') && !err.includes('hunter2'))
})

test('a reader that has seen enough ends the output, not the program', async () => {
  const child = begin(['parties', 'list', '--csv'])
  child.stdout?.destroy()
  const { code, err } = await ended(child)
  assert.deepEqual([code, err], [0, ''])
})

test('Ctrl-C ends a command with 130, even one that waits for a database that does not answer', async () => {
  const mute: NetServer = createServer(() => {})
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as { port: number }
  const child = begin(['parties', 'list'], { DATABASE_URL: `postgres://u@127.0.0.1:${port}/books` })
  const end = ended(child)
  await once(mute, 'connection')
  child.kill('SIGINT')
  assert.equal((await end).code, 130)
  mute.close()
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`serve says where it listens, is ready, and ends with 0 on ${signal}`, async (t) => {
    const child = begin(['serve', '--port', '0', '--json'])
    t.after(() => child.kill('SIGKILL'))
    const end = ended(child)
    const [first] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const { url } = JSON.parse(first.toString()) as { url: string }
    assert.equal((await fetch(`${url}/ready`)).status, 200)
    assert.match(await (await fetch(`${url}/metrics`)).text(), /bursar_seal_lag_operations [01]$/m)
    child.kill(signal)
    assert.equal((await end).code, 0)
    await assert.rejects(fetch(`${url}/health`))
  })
}

test('serve on a port in use is refused with another to take', async () => {
  const other: NetServer = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const { code, err } = await bursar(['serve', '--port', String(port)])
  other.close()
  assert.equal(code, 1)
  assert.match(err, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use`))
})
