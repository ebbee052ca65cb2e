import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { managedServer } from '../../src/database/managed.ts'
import { connection } from '../../src/database/pool.ts'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'bursar-backup-'))
const place = (name: string) => join(directory, name)
const file = place('books.gz')

before(async () => {
  // A server that worked for long: its transactions bear numbers that a new one has not come to.
  await onServer('do $$ begin for n in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$')
  await bursar('demo', '--data', place('old'))
  // While somebody is at work: the sealer waits for who began before the newest operation.
  await onServer('begin; select pg_current_xact_id()', async () => {
    await bursar('grant', 'demo-physics', '5', '--origin', 'gift', '--data', place('old'))
    await bursar('backup', file, '--data', place('old'))
  })
})
after(() => rmSync(directory, { recursive: true, force: true }))

async function bursar(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...words])
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}

/** What is said to the PostgreSQL that the backup comes from, past Bursar, and what is done while it stands. */
async function onServer(text: string, meanwhile?: () => Promise<unknown>): Promise<void> {
  const server = await managedServer(place('old'), { role: 'command' })
  const client = new Client(connection(server.superuserUrl, 'bursar test'))
  await client.connect()
  await client.query(text)
  await meanwhile?.()
  await client.end()
  await server.leave()
}

/** An empty data directory with the keys of the old one. */
function empty(name: string): string {
  cpSync(join(place('old'), 'keys'), join(place(name), 'keys'), { recursive: true })
  return place(name)
}

test('what is restored is proved, has the head of the backup, and goes on', async () => {
  const data = empty('new')
  const restored = await bursar('restore', file, '--data', data, '--json')
  assert.equal(restored.code, 0, restored.err)
  const answer = JSON.parse(restored.out) as { ok: boolean; checks: { name: string; ok: boolean }[] }
  assert.equal(answer.ok, true)
  assert(answer.checks.some(({ name }) => name === 'the chain holds the published head'))
  const again = await bursar('demo', '--data', data)
  assert.equal(again.code, 0, again.err)
  assert.equal((await bursar('verify', '--data', data)).code, 0)
})

test('what was backed up while somebody was at work is proved in a server that is younger', async () => {
  const text = gunzipSync(readFileSync(file)).toString()
  const [, next] = /"table":"audit.head".*\n(.*)\n/.exec(text) ?? []
  assert.match(next ?? '', /^t\t\d+\t\d+\t\d+\t\d{5,}$/)
  const restored = await bursar('restore', file, '--data', empty('waited'))
  assert.equal(restored.code, 0, restored.out)
})

test('two backups that are written under one name at once are both whole', async () => {
  const twice = place('twice.gz')
  const both = await Promise.all([1, 2].map(() => bursar('backup', twice, '--data', place('old'))))
  assert.deepEqual(
    both.map(({ code, err }) => [code, err]),
    [
      [0, ''],
      [0, ''],
    ],
  )
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith('twice')),
    ['twice.gz'],
  )
  assert.equal((await bursar('restore', twice, '--data', empty('twice'))).code, 0)
})

test('nothing is restored over books that are there, nor without the keys that marked them', async () => {
  const over = await bursar('restore', file, '--data', place('old'))
  assert.match(over.err, /there are books in this database already/)
  const keyless = await bursar('restore', file, '--data', place('keyless'))
  assert.match(keyless.err, /marked with the seal key [0-9a-f]{8}, which is not here/)
  assert.deepEqual([over.code, keyless.code], [1, 1])
})

test('a backup that was cut short or changed is refused, and leaves nothing', async () => {
  const data = empty('again')
  const bytes = readFileSync(file)
  const text = gunzipSync(bytes).toString()
  const wrongs: [string, Buffer, RegExp][] = [
    ['short.gz', bytes.subarray(0, bytes.length - 100), /cannot be read|cut short/],
    ['tail.gz', gzipSync(text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)), /cut short/],
    ['changed.gz', gzipSync(text.replace('demo-physics', 'demo-physicz')), /digest does not fit/],
    ['other.gz', gzipSync('hello\n'), /no backup of Bursar/],
    ['plain.gz', Buffer.from('hello'), /cannot be read/],
  ]
  for (const [name, content, fault] of wrongs) {
    writeFileSync(place(name), content)
    const { code, err } = await bursar('restore', place(name), '--data', data)
    assert.equal(code, 1, name)
    assert.match(err, fault, name)
  }
  assert.equal((await bursar('restore', file, '--data', data)).code, 0)
})

test('a backup whose lines were written by others is refused, whatever its digest says, and never run', async () => {
  const text = gunzipSync(readFileSync(file)).toString()
  const uses = '{"table":"access.uses","columns":["key","used_at"]}'
  const put = (line: string) => {
    const body = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1).replace(uses, line)
    assert(body.includes(line))
    const end = JSON.parse(text.slice(text.lastIndexOf('\n', text.length - 2) + 1)) as object
    const sha256 = createHash('sha256').update(body).digest('hex')
    return gzipSync(`${body}${JSON.stringify({ ...end, sha256 })}\n`)
  }
  const wrongs: [string, RegExp][] = [
    [
      uses.replace('"key"', '"key) from program \'false\' --"'),
      /changed: it names a table or column that is not there/,
    ],
    [uses.replace('access.uses', 'pg_catalog.pg_authid'), /changed: it names a table or column that is not there/],
    ['{"tab', /changed: one of its lines is none that Bursar wrote/],
    [`${uses}\nx\ty`, /changed: access\.uses: invalid input syntax for type bigint: "x"/],
  ]
  for (const [line, fault] of wrongs) {
    writeFileSync(place('written.gz'), put(line))
    const { code, err } = await bursar('restore', place('written.gz'), '--data', empty('written'))
    assert.equal(code, 1, line)
    assert.match(err, fault, line)
  }
})

test('a backup never overwrites a file', async () => {
  const { code, err } = await bursar('backup', file, '--data', place('old'))
  assert.equal(code, 1)
  assert.match(err, /is there already/)
})

test('where nothing can be written, a backup says so and ends', async () => {
  const { code, err } = await bursar('backup', place('no/such/place.gz'), '--data', place('old'))
  assert.equal(code, 1)
  assert.match(err, /cannot be written \(ENOENT\)/)
})
