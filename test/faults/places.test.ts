import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freshDatabase } from '../../src/database/testing.ts'
import { begin, bursar, type Environment, killPostgres, postgresOf, type Running } from '../bursar.ts'
import { assertRefused, dump, prices, Site } from './site.ts'

let site: Site
before(async () => {
  site = await Site.open()
})
after(() => site.close())

async function listening(answer: (socket: Socket) => void = () => {}) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

test('a port in use is refused, with another to take', async () => {
  const { server, port } = await listening()
  const ended = await site.run(['serve', '--port', String(port)])
  server.close()
  assertRefused(ended, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use`))
})

test('a data directory that another serve uses is refused, and that one goes on', async () => {
  const data = mkdtempSync(join(tmpdir(), 'bursar-faults-'))
  chmodSync(data, 0o755)
  const first = begin(['serve', '--port', '0', '--data', data, '--json'])
  const said = JSON.parse(`{${await first.said(/"url":"[^"]+"/)}}`) as { url: string }
  assertRefused(
    await bursar(['serve', '--port', '0', '--data', data]),
    new RegExp(`data directory in use by pid ${first.pid}: ${data}\n.*BURSAR_DATA`),
  )
  assert.equal((await fetch(`${said.url}/ready`)).status, 200)
  first.child.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)
  assert.deepEqual(postgresOf(data), [])
  rmSync(data, { recursive: true, force: true })
})

test('a data directory that is a file is refused', async () => {
  const path = site.file('not-a-directory', '')
  const ended = await bursar(['parties', 'list', '--data', path])
  assertRefused(ended, /cannot use the data directory .*not-a-directory.*\n.*BURSAR_DATA/)
})

test('a data directory where none can be made is refused at once', async () => {
  assertRefused(await bursar(['verify', '--data', '/proc/bursar']), /cannot use the data directory \/proc\/bursar/)
})

test('what belongs to another user is refused, and says so', { skip: process.getuid?.() !== 0 }, async () => {
  const nobody = 65_534
  const data = join(site.home, 'of-others')
  for (const path of [data, join(data, 'socket')]) mkdirSync(path)
  const list = ['parties', 'list', '--data', data]
  for (const mode of [0o711, 0o755]) {
    chmodSync(data, mode)
    const ended = await begin(list, {}, nobody).ended
    assertRefused(ended, /cannot use the data directory .*of-others.*EACCES.*\n.*or run as its owner/)
  }
  chmodSync(join(data, 'socket'), 0o700)
  const closed = { DATABASE_URL: `postgres://x@localhost/x?host=${join(data, 'socket')}` }
  assertRefused(await begin(list, closed, nobody).ended, /cannot reach the database: connect EACCES/)
})

test('a schema newer than the program is refused, and nothing is written', async () => {
  const newer = await Site.open()
  const pool = newer.fresh.database.pool
  await pool.query(`begin read write;
    insert into database.migrations (number, name, checksum) values (9999, '9999_later.sql', 'x'); commit`)
  const before = await newer.traces()
  const file = newer.file('dump.psv', dump(20))
  for (const words of [['ingest', 'slurm', file], ['serve', '--port', '0'], ['verify']])
    assertRefused(await newer.run(words), /newer|9999/)
  assert.deepEqual(await newer.traces(), before)
  await newer.close()
})

test('a migration that changed since it ran is refused', async () => {
  const other = await Site.open()
  await other.fresh.database.pool.query(
    `begin read write; update database.migrations set checksum = 'x' where number = 3; commit`,
  )
  assertRefused(await other.run(['parties', 'list']), /0003_parties/)
  await other.close()
})

const secret = 'hunter2'

/** As PostgreSQL answers a wrong password: it asks for one, and does not like it. */
function refusesPassword(socket: Socket): void {
  const fields = 'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "books"\0\0'
  const message = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), Buffer.from(fields)])
  message.writeInt32BE(fields.length + 4, 1)
  let asked = false
  socket.on('error', () => {})
  socket.on('data', () => {
    if (asked) socket.end(message)
    else socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
    asked = true
  })
}

test('a database that is not there, or does not let us in, is refused without telling the password', async (t) => {
  const { server, port } = await listening(refusesPassword)
  t.after(() => server.close())
  const wrong: readonly [string, RegExp][] = [
    [
      `postgres://u:${secret}@no-such-host.invalid/books`,
      /cannot reach the database: .*no-such-host.*\n.*DATABASE_URL/,
    ],
    [`postgres://u:${secret}@127.0.0.1:1/books`, /cannot reach the database: .*\n.*DATABASE_URL/],
    [
      `postgres://books:${secret}@127.0.0.1:${port}/books`,
      /refuses the user: password authentication failed.*\n.*password/,
    ],
    [site.fresh.url.replace(/\/t_[^?]*/, '/no_such_database'), /database does not exist: .*no_such_database/],
    [site.fresh.url.replace('//bursar@', '//somebody@'), /refuses the user: .*somebody/],
  ]
  for (const [url, says] of wrong) {
    const ended = await site.run(['parties', 'list'], { DATABASE_URL: url })
    assertRefused(ended, says)
    assert(!ended.err.includes(secret), ended.err)
  }
  const noAddress = await site.run(['parties', 'list'], { DATABASE_URL: `mysql://u:${secret}@db/books` })
  assert.equal(noAddress.code, 2)
  assert.match(noAddress.err, /DATABASE_URL is no PostgreSQL address/)
  assert(!noAddress.err.includes(secret), noAddress.err)
})

const mount = (...words: readonly string[]) => spawnSync('mount', words, { stdio: 'ignore' }).status === 0
const noRoom = process.getuid?.() === 0 ? false : 'only root can mount a small disk'

test('a full disk is told as such; what is there stays whole, and starts again once there is room', {
  skip: noRoom,
}, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'bursar-faults-disk-'))
  if (!mount('-t', 'tmpfs', '-o', 'size=100m,mode=755', 'tmpfs', disk)) return t.skip('this machine mounts no tmpfs')
  const data = join(disk, 'data')
  const environment: Environment = { BURSAR_DATA: data }
  try {
    assert.equal((await bursar(['prices', 'set', prices], environment)).code, 0)
    const words = ['ingest', 'slurm', site.file('large.psv', dump(16_000)), '--zone', 'UTC']
    const full = await bursar(words, environment)
    assertRefused(full, /^bursar: .*full.*\n.*[Mm]ake room/m)
    // Whatever is asked of a full disk is answered in words.
    for (const again of [words, ['parties', 'list'], ['verify']]) {
      const { code, err } = await bursar(again, environment)
      if (code !== 0) assert.match(err, /^bursar: .*full.*\n.*[Mm]ake room/m)
    }
    assert(mount('-o', 'remount,size=900m', disk))
    const rest = await bursar([...words, '--json'], environment)
    assert.equal(rest.code, 0, rest.err)
    assert.equal((JSON.parse(rest.out) as { read: number }).read, 16_000)
    const proved = await bursar(['verify'], environment)
    assert.equal(proved.code, 0, proved.out)
    assert.deepEqual(postgresOf(data), [])
  } finally {
    killPostgres(data)
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  }
})

test('a disk too small to begin on is told as such, and starts once there is room', { skip: noRoom }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'bursar-faults-disk-'))
  if (!mount('-t', 'tmpfs', '-o', 'size=24m,mode=755', 'tmpfs', disk)) return t.skip('this machine mounts no tmpfs')
  const data = join(disk, 'data')
  try {
    const small = await bursar(['parties', 'list'], { BURSAR_DATA: data })
    assertRefused(small, /full|space/)
    assert(mount('-o', 'remount,size=300m', disk))
    assert.equal((await bursar(['parties', 'list'], { BURSAR_DATA: data })).code, 0)
  } finally {
    killPostgres(data)
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  }
})

test('without a disk for its keys Bursar says which file it could not write', { skip: noRoom }, async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'bursar-faults-disk-'))
  if (!mount('-t', 'tmpfs', '-o', 'size=64k,mode=755', 'tmpfs', disk)) return t.skip('this machine mounts no tmpfs')
  try {
    writeFileSync(join(disk, 'filler'), Buffer.alloc(60 << 10))
    const ended = await site.run(['parties', 'list'], { BURSAR_DATA: join(disk, 'data') })
    if (ended.code !== 0) assertRefused(ended, /keys|seal\.key/)
  } finally {
    spawnSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true, force: true })
  }
})

test('of two servers that begin on an empty database at one moment with keys of their own, one goes on', async (t) => {
  const fresh = await freshDatabase()
  t.after(() => fresh.drop())
  const homes = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `bursar-faults-${name}-`)))
  t.after(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))
  const servers = homes.map((home) =>
    begin(['serve', '--port', '0', '--json'], { DATABASE_URL: fresh.url, BURSAR_DATA: join(home, 'data') }),
  )
  t.after(() => servers.forEach(({ child }) => child.kill('SIGKILL')))
  const [one, other] = servers as [Running, Running]
  const [refused, stays] = await Promise.race([
    one.ended.then((ended) => [ended, other] as const),
    other.ended.then((ended) => [ended, one] as const),
  ])
  assert.deepEqual([refused.code, refused.signal], [1, null], refused.err)
  assert.match(refused.out, /is marked with the seal key/)
  await stays.said(/"url":"[^"]+"/)
  stays.child.kill('SIGTERM')
  assert.equal((await stays.ended).code, 0)
})
