import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { dump, Site } from './site.ts'

let site: Site
before(async () => {
  site = await Site.open()
})
after(() => site.close())

type Answer = { readonly read: number; readonly recorded: number; readonly interrupted: boolean }

test('Ctrl-C in the middle ends with 130, keeps whole what was done, and the next run does the rest', async () => {
  const file = site.file('long.psv', dump(160_000))
  const running = site.begin(['ingest', 'slurm', file, '--zone', 'UTC', '--json'])
  while ((await site.recorded()) === 0) await sleep(20)
  running.child.kill('SIGINT')
  const { code, out, err } = await running.ended
  assert.equal(code, 130, err)
  const recorded = await site.recorded()
  assert(recorded < 152_000, 'it stopped before the end')
  // Where pages under way take longer than a person waits, it ends without the figures.
  const answer = out === '' ? undefined : (JSON.parse(out) as Answer)
  if (answer) assert.deepEqual([answer.interrupted, answer.recorded], [true, recorded])
  await site.verify()

  assert.equal((await site.run(['ingest', 'slurm', file, '--zone', 'UTC'])).code, 0)
  assert.equal(await site.recorded(), 152_000)
  await site.verify()
})

test('a reader that has seen enough ends the output, not the work', async () => {
  const shell = `node "$CLI" prices list | head -n 1; echo "\${PIPESTATUS[0]}"; node "$CLI" parties list --csv | head -n 2; echo "\${PIPESTATUS[0]}"`
  const env = { PATH: process.env['PATH'], CLI: join(import.meta.dirname, '../../src/cli.ts'), ...site.environment }
  const child = spawn('bash', ['-c', shell], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (texts.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (texts.err += data.toString()))
  await once(child, 'close')
  const lines = texts.out.trim().split('\n')
  assert.deepEqual([lines.length, lines[1], lines[4], texts.err], [5, '0', '0', ''])
})

test('a reader that leaves during an ingest does not stop it', async () => {
  const file = site.file('piped.psv', dump(500).toString().replaceAll('|bench|', '|piped|'))
  const running = site.begin(['ingest', 'slurm', file, '--zone', 'UTC'])
  running.child.stdout?.destroy()
  assert.equal((await running.ended).code, 0)
  const again = await site.run(['ingest', 'slurm', file, '--zone', 'UTC', '--json'])
  assert.equal((JSON.parse(again.out) as Answer).recorded, 0)
})

test('an output that cannot be written is a failure', async () => {
  const full = openSync('/dev/full', 'w')
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  const env = { PATH: process.env['PATH'], ...site.environment }
  const child = spawn(process.execPath, [cli, 'prices', 'list'], { env, stdio: ['ignore', full, 'pipe'] })
  let err = ''
  child.stderr?.on('data', (data: Buffer) => (err += data.toString()))
  await once(child, 'close')
  closeSync(full)
  assert.equal(child.exitCode, 1)
  assert.match(err, /the output cannot be written \(ENOSPC\)/)
})

test('a database that is lost in the middle: what was committed stays, and the command says so', async (t) => {
  const real = decodeURIComponent(/host=([^&]+)/.exec(site.fresh.url)?.[1] ?? '')
  const port = /port=(\d+)/.exec(site.fresh.url)?.[1] ?? '5432'
  const socket = `.s.PGSQL.${port}`
  const connections = new Set<Socket>()
  const between = createServer((client) => {
    const server = connect(join(real, socket))
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      connections.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  between.listen(join(site.home, socket))
  await once(between, 'listening')
  t.after(() => between.close())
  const DATABASE_URL = site.fresh.url.replace(/host=[^&]+/, `host=${encodeURIComponent(site.home)}`)
  const before = await site.recorded()
  const file = site.file('lost.psv', dump(160_000).toString().replaceAll('|bench|', '|lost|'))
  const running = site.begin(['ingest', 'slurm', file, '--zone', 'UTC'], { DATABASE_URL })
  while ((await site.recorded()) === before) await sleep(20)
  between.close()
  for (const each of connections) each.destroy()
  const { code, err } = await running.ended
  assert.equal(code, 1)
  assert.match(err, /What was committed before stays\. .*run the command again/)
  assert.doesNotMatch(err, /nothing was changed/)
})

test('a terminal that is closed ends a command as a signal to end does: what was done is whole', async () => {
  const before = await site.recorded()
  const file = site.file('hung.psv', dump(160_000).toString().replaceAll('|bench|', '|hung|'))
  const running = site.begin(['ingest', 'slurm', file, '--zone', 'UTC', '--json'])
  while ((await site.recorded()) === before) await sleep(20)
  running.child.kill('SIGHUP')
  const { code, signal, err } = await running.ended
  assert.deepEqual([code, signal], [129, null], err)
  await site.verify()
})

test('npm alone is asked to end: so does what it started', async () => {
  const env = { PATH: process.env['PATH'], HOME: site.home, ...site.environment }
  const child = spawn('npm', ['start', '--', '--port', '0'], {
    cwd: join(import.meta.dirname, '../..'),
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  const listens = new Promise<string>((resolve) =>
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      const [, url] = /listens on (\S+)/.exec(out) ?? []
      if (url !== undefined) resolve(url)
    }),
  )
  const url = await listens
  child.kill('SIGTERM')
  await once(child, 'exit')
  await assert.rejects(fetch(`${url}/health`))
})
