import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../values/refusal.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import { Problem } from './problem.ts'
import { addOwnDoors, type Check } from './routes.ts'
import { openServer, type Server, type ServerSettings } from './server.ts'

const opened: Server[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()))
})

type Wishes = Partial<ServerSettings> & { ready?: () => Promise<Check[]>; doors?: (server: FastifyInstance) => void }

async function open({ ready, doors, ...settings }: Wishes = {}) {
  const lines: string[] = []
  const metrics = openMetrics('2026.1.1', [], () => {})
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    trustedProxy: undefined,
    log: openLog('info', { write: (line) => lines.push(line) }),
    metrics,
    routes(instance) {
      addOwnDoors(instance, { version: '2026.1.1', metrics, ready: ready ?? (async () => []) })
      doors?.(instance)
    },
    ...settings,
  })
  opened.push(server)
  return { server, url: server.url, lines }
}

test('200: health, version and the start page answer', async () => {
  const { url } = await open()
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.deepEqual(await (await fetch(`${url}/version`)).json(), {
    version: '2026.1.1',
    app_name: 'accounting-service',
    app_version: '2026.1.1',
    commit_sha: null,
  })
  const accept = 'text/html,*/*;q=0.8'
  const page = await fetch(`${url}/`, { headers: { accept, 'accept-language': 'th-TH,th;q=0.9,en;q=0.8' } })
  assert.equal(page.headers.get('content-language'), 'th')
  const text = await page.text()
  assert.match(text, /<html lang="th">/)
  // How to ask Slurm is said in one place.
  assert.ok(text.includes('bursar ingest slurm --help') && !text.includes('sacct'))
  assert.match(
    await (await fetch(`${url}/?lang=en`, { headers: { accept, 'accept-language': 'th' } })).text(),
    /<html lang="en">/,
  )
})

test('200 and 503: ready says which check fails', async () => {
  const good = await open({ ready: async () => [{ name: 'database', ok: true, detail: 'answers' }] })
  assert.equal((await fetch(`${good.url}/ready`)).status, 200)
  const bad = await open({ ready: async () => [{ name: 'database', ok: false, detail: 'does not answer' }] })
  const answer = await fetch(`${bad.url}/ready`)
  assert.equal(answer.status, 503)
  const checks = [{ name: 'database', ok: false, detail: 'does not answer' }]
  assert.deepEqual(await answer.json(), { ready: false, checks })
})

test('200: metrics count requests by route, never by the path that was asked for', async () => {
  const { url } = await open()
  await fetch(`${url}/version`)
  await fetch(`${url}/no/such/door/4711`)
  const text = await (await fetch(`${url}/metrics`)).text()
  assert.match(text, /http_requests_total\{method="GET",endpoint="\/version",status="200"\} 1/)
  assert.match(text, /http_requests_total\{method="GET",endpoint="\(none\)",status="404"\} 1/)
  assert.match(text, /bursar_info\{version="2026\.1\.1"\} 1/)
  assert.ok(!text.includes('4711'))
})

test('403: metrics are not given to a caller whom a proxy passes on', async () => {
  const { url } = await open()
  const answer = await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
  assert.equal(answer.status, 403)
})

test('400, 404: a refusal is problem+json', async () => {
  const { url } = await open({
    doors: (server) => {
      const properties = { amount: { type: 'string' } }
      server.post(
        '/things',
        { schema: { body: { type: 'object', required: ['amount'], properties } } },
        async () => ({}),
      )
    },
  })
  const missing = await fetch(`${url}/nothing`)
  assert.equal(missing.status, 404)
  assert.match(missing.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.deepEqual(await missing.json(), {
    type: '/problems/not-found',
    title: 'There is no such thing.',
    status: 404,
  })
  const post = (body: string, type = 'application/json') =>
    fetch(`${url}/things`, { method: 'POST', body, headers: { 'content-type': type } })
  for (const answer of [await post('{}'), await post('{"amount":1}'), await post('{'), await post('')]) {
    assert.equal(answer.status, 400)
    assert.equal(((await answer.json()) as { type: string }).type, '/problems/request-invalid')
  }
  assert.equal((await fetch(`${url}/%E0%A4%A`)).status, 400)
})

test('200: the type of a problem is an address that explains it', async () => {
  const { url } = await open()
  const { type } = (await (await fetch(`${url}/nothing`)).json()) as { type: string }
  const page = await fetch(`${url}${type}`)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /^# not-found\n/)
  for (const other of ['constructor', 'nothing', '..%2F..%2Fpackage.json']) {
    assert.equal((await fetch(`${url}/problems/${other}`)).status, 404)
  }
})

test('413: a body larger than the door takes', async () => {
  const { url } = await open({ doors: (server) => void server.post('/things', async () => ({})) })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/things`, { method: 'POST', body: `"${'x'.repeat(2 ** 21)}"`, headers })
  assert.equal(answer.status, 413)
})

test('409: a Problem keeps its type and members', async () => {
  const { url } = await open({
    doors: (server) =>
      void server.get('/closed', async () => {
        throw new Problem('period-closed', { period: '2026-10-01' })
      }),
  })
  const answer = await fetch(`${url}/closed`)
  assert.equal(answer.status, 409)
  assert.equal(((await answer.json()) as { period: string }).period, '2026-10-01')
})

test('500: of a bug the caller sees nothing and the log everything, under one id', async () => {
  const { url, lines } = await open({
    doors: (server) =>
      void server.get('/bug', async () => {
        throw new TypeError('secret detail')
      }),
  })
  const answer = await fetch(`${url}/bug`, { headers: { authorization: 'Bearer top-secret' } })
  assert.equal(answer.status, 500)
  const body = await answer.text()
  assert.ok(!body.includes('secret'))
  const id = answer.headers.get('x-request-id') as string
  const logged = lines.map((line) => JSON.parse(line) as { reqId?: string; err?: { message: string; stack: string } })
  const failure = logged.find((line) => line.err)
  assert.equal(failure?.reqId, id)
  assert.equal(failure?.err?.message, 'secret detail')
  assert.match(failure?.err?.stack ?? '', /server\.test\.ts/)
  assert.ok(!lines.join('').includes('top-secret'))
})

test('400: what is no HTTP is answered as a problem too', async () => {
  const { server } = await open()
  const text = await new Promise<string>((resolve, reject) => {
    let received = ''
    const socket = connect(server.address.port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'))
    socket
      .on('data', (data) => (received += data.toString()))
      .on('end', () => resolve(received))
      .on('error', reject)
  })
  assert.match(text, /^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json/)
})

test('every answer forbids sniffing, framing and scripts', async () => {
  const { url } = await open()
  for (const path of ['/', '/health', '/nothing']) {
    const { headers } = await fetch(`${url}${path}`)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
  }
})

test('a port in use is refused with another port to take', async () => {
  const { server } = await open()
  const refused = await open({ port: server.address.port }).catch((error: unknown) => error)
  assert.ok(refused instanceof Refusal)
  assert.match(refused.message, /is in use/)
  assert.match(refused.remedy ?? '', /--port \d+/)
})

test('beyond loopback it listens only with TLS or a proxy that is named', async () => {
  await assert.rejects(open({ host: '0.0.0.0' }), /in the clear/)
  await assert.rejects(open({ host: '::' }), /in the clear/)
  await assert.rejects(open({ host: '0.0.0.0', trustedProxy: 'my-proxy' }), /is no address or network/)
  const { server } = await open({ host: '0.0.0.0', trustedProxy: '192.0.2.0/24' })
  assert.equal((await fetch(`http://127.0.0.1:${server.address.port}/health`)).status, 200)
})

test('closing lets a request under way finish and takes no new one', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  let arrived = () => {}
  const underWay = new Promise<void>((resolve) => (arrived = resolve))
  const { server, url } = await open({
    doors: (instance) =>
      void instance.get('/slow', async () => {
        arrived()
        await held
        return { done: true }
      }),
  })
  const answer = fetch(`${url}/slow`)
  await underWay
  const closed = server.close()
  await assert.rejects(async () => assert.equal((await fetch(`${url}/health`)).status, 200))
  release()
  assert.deepEqual(await (await answer).json(), { done: true })
  await closed
})
