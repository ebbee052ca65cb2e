import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { newKey } from './access/testing.ts'
import { type Role, roles, table } from './access/roles.ts'
import { listen } from './app.ts'
import { openLog } from './http/log.ts'
import type { Server } from './http/server.ts'
import { alone } from './operations/alone.ts'
import { type FreshHouse, freshHouse } from './operations/testing.ts'
import { readSettings } from './settings.ts'

/** What only the terminal does, or only the server itself. */
const withoutDoor = new Set(['metrics.read'])
type Spec = {
  readonly 'x-operation'?: string
  readonly security?: readonly unknown[]
  readonly tags?: readonly string[]
  readonly parameters?: readonly {
    readonly in: string
    readonly name: string
    readonly schema: { readonly pattern?: string }
  }[]
}
type Door = { readonly method: string; readonly path: string; readonly spec: Spec }

const person = '00000000-0000-4000-8000-000000000001'
const provider = '00000000-0000-4000-8000-000000000002'
const idOf = (prefix: string, uuid: string) => `${prefix}_${uuid.replaceAll('-', '')}`

let fresh: FreshHouse
let server: Server
let doors: Door[]
const keys = new Map<Role, string>()

before(async () => {
  fresh = await freshHouse()
  await alone(fresh.house, { principal: 'tester', key: 'parties', command: 'test', input: null }, async (writer) => {
    await writer.query({ text: `insert into parties.people values ('${person}', 'alice', null, 'import')` })
    await writer.query({ text: `insert into parties.providers values ('${provider}', 'lab', 'import')` })
  })
  const parties = { provider: [idOf('prv', provider)], user: [idOf('per', person)] }
  for (const role of roles) {
    const whom = role === 'provider' || role === 'user' ? parties[role] : 'all'
    keys.set(role, await newKey(fresh.house, { role, name: role, parties: whom }))
  }
  server = await listen(fresh.house, readSettings({ BURSAR_PORT: '0' }), openLog('silent'))
  const answer = await fetch(`${server.url}/openapi.json`)
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Spec>> }
  doors = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, spec]) => ({ method: method.toUpperCase(), path, spec })),
  )
})
after(async () => {
  await server.close()
  await fresh.drop()
})

/** Nobody's id, of the kind that the door wants. */
function placeOf({ path, spec }: Door): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const { pattern = '' } = spec.parameters?.find((each) => each.in === 'path' && each.name === name)?.schema ?? {}
    const prefix = /^\^([a-z]{2,3})_/.exec(pattern)?.[1]
    if (prefix === undefined) return 'nobody'
    return pattern.includes('{32}') ? `${prefix}_${'0'.repeat(32)}` : `${prefix}_0`
  })
}

async function knock(door: Door, key?: string): Promise<{ status: number; detail: string }> {
  const hasBody = door.method !== 'GET' && door.method !== 'DELETE'
  const answer = await fetch(`${server.url}${placeOf(door)}`, {
    method: door.method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(hasBody && { 'content-type': 'application/json' }),
    },
    ...(hasBody && { body: '{}' }),
  })
  const text = await answer.text()
  const isJson = /^application\/(problem\+)?json/.test(answer.headers.get('content-type') ?? '')
  const { detail, message } = (isJson ? JSON.parse(text) : {}) as { detail?: unknown; message?: unknown }
  // The job doors tell it behind the title.
  const told = typeof message === 'string' ? message.replace(/^This principal may not do that\. /, '') : detail
  return { status: answer.status, detail: typeof told === 'string' ? told : '' }
}

const guarded = () => doors.filter(({ spec }) => spec['x-operation'] !== undefined)

test('every door names an operation of the table, and every operation has a door or is done without one', () => {
  assert(guarded().length > 20, 'the document lists the doors')
  const named = new Set(guarded().map(({ spec }) => spec['x-operation'] as string))
  const listed = Object.keys(table)
  assert.deepEqual(
    [...named].filter((operation) => !listed.includes(operation)),
    [],
    'doors whose operation src/access/roles.ts does not list',
  )
  assert.deepEqual(
    listed.filter((operation) => !named.has(operation) && !withoutDoor.has(operation)),
    [],
    'operations that src/access/roles.ts lists and no door has',
  )
})

test('401: a stranger gets nothing behind any door but the open ones', async () => {
  for (const door of guarded()) {
    const { status } = await knock(door)
    assert.equal(status, 401, `${door.method} ${door.path}`)
  }
})

for (const role of roles) {
  test(`403: ${role} is refused exactly what the table does not list for it`, async () => {
    for (const door of guarded()) {
      const operation = door.spec['x-operation'] as keyof typeof table
      const may = role === 'admin' || (table[operation] as readonly Role[]).includes(role)
      const { status, detail } = await knock(door, keys.get(role))
      const where = `${role} ${door.method} ${door.path} (${operation}): ${status} ${detail}`
      const isRefused = status === 403 && detail.startsWith('The role')
      assert.equal(isRefused, !may, where)
      assert(status < 500 && status !== 401, where)
    }
  })
}

test('401: to ask for the head alone is to ask; 405 where nobody can', async () => {
  for (const door of guarded().filter(({ method }) => method === 'GET')) {
    const { status } = await fetch(`${server.url}${placeOf(door)}`, { method: 'HEAD' })
    assert.equal(status, door.spec.tags?.[0] === 'jobs' ? 405 : 401, door.path)
  }
})

test('200: what is open is open without a key, and with a wrong one', async () => {
  for (const path of ['/', '/health', '/ready', '/version', '/openapi.json', '/docs/', '/problems/not-found']) {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const answer = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html', ...headers } })
      assert.equal(answer.status, 200, path)
    }
  }
})

test('302: programs are led from the start page to what they can call', async () => {
  for (const path of ['/', '/redoc']) {
    const answer = await fetch(`${server.url}${path}`, { redirect: 'manual' })
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/docs'])
  }
})

test('400, 404, 405: refusals of the job doors need no key where nobody is there', async () => {
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${server.url}${path}`, { method })
    return { status: answer.status, body: method === 'HEAD' ? undefined : await answer.json() }
  }
  const body = {
    error_code: 'INVALID_REQUEST',
    message: 'Generic error returned for testing purposes',
    details: null,
  }
  assert.deepEqual(await ask('/error'), { status: 400, body })
  assert.deepEqual(await ask('/balance/nothing/here'), { status: 404, body: { detail: 'Not Found' } })
  assert.deepEqual(await ask('/balance/system', 'PUT'), { status: 405, body: { detail: 'Method Not Allowed' } })
  assert.equal((await ask('/error', 'HEAD')).status, 405)
  for (const path of ['/health', '/version']) {
    assert.deepEqual(await ask(path, 'POST'), { status: 405, body: { detail: 'Method Not Allowed' } })
    const slash = await fetch(`${server.url}${path}/`, { redirect: 'manual' })
    assert.deepEqual([slash.status, slash.headers.get('location')], [307, `${server.url}${path}`])
  }
})

test('200, 401: nobody needs a key for the job doors from networks that are trusted, and for no other door', async () => {
  const settings = readSettings({ BURSAR_PORT: '0', JOBS_TRUSTED_NETWORKS: '10.0.0.0/8, 127.0.0.1' })
  const lines: string[] = []
  const log = openLog('warn', { write: (line) => void lines.push(line) })
  const other = await listen(fresh.house, settings, log)
  const ask = async (path: string, headers = {}) => (await fetch(`${other.url}${path}`, { headers })).status
  try {
    assert.match(
      lines.join(''),
      /JOBS_TRUSTED_NETWORKS: whoever asks .* from 10\.0\.0\.0\/8, 127\.0\.0\.1 needs no key/,
    )
    assert.equal(await ask('/account/project'), 200)
    assert.equal(await ask('/api/v1/prices'), 401)
    assert.equal(await ask('/account/project', { authorization: 'Bearer wrong' }), 401)
    // A client sends the token of its own house wherever it asks.
    const foreign = { authorization: 'bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmVk' }
    assert.equal(await ask('/account/project', foreign), 200)
    assert.equal(await ask('/api/v1/prices', foreign), 401)
    // Pages may be anybody's, and so may be whoever is behind a proxy that nobody named.
    assert.equal(await ask('/account/project', { origin: 'https://page.example' }), 401)
    assert.equal(await ask('/account/project', { 'sec-fetch-site': 'cross-site' }), 401)
    assert.equal(await ask('/account/project', { 'x-forwarded-for': '10.0.0.1' }), 401)
  } finally {
    await other.close()
  }
  const elsewhere = await listen(
    fresh.house,
    { ...settings, jobs: { ...settings.jobs, trustedNetworks: '10.0.0.0/8' } },
    openLog('silent'),
  )
  assert.equal((await fetch(`${elsewhere.url}/account/project`)).status, 401)
  await elsewhere.close()
})

test('202, 400: money from nowhere at the job doors takes a second person where grants do', async () => {
  const settings = readSettings({ BURSAR_PORT: '0', BURSAR_APPROVAL_GRANT_LIMIT: '100' })
  const other = await listen(fresh.house, settings, openLog('silent'))
  const post = (path: string, body: object, role: Role = 'admin') => {
    const headers = { authorization: `Bearer ${keys.get(role)}`, 'content-type': 'application/json' }
    return fetch(`${other.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const ask = async (path: string, body: object) => (await post(path, body)).status
  try {
    const id = '00000000-0000-4000-8000-000000000003'
    assert.equal(await ask('/account/system', { id: provider.replace('2', '4'), name: 'System' }), 201)
    assert.equal(await ask('/account/virtual-lab', { id, name: 'Lab', balance: 101 }), 400)
    assert.equal(await ask('/account/virtual-lab', { id, name: 'Lab', balance: 40 }), 201)
    const part = { vlab_id: id, amount: 59.5, reference: 'invoice 1' }
    for (const again of [part, { ...part, vlab_id: id.toUpperCase() }])
      assert.equal(await ask('/budget/top-up', again), 200, 'the same reference is the same money')
    assert.equal(await ask('/budget/top-up', { vlab_id: id, amount: 1 }), 202, 'small sums are looked at together')
    assert.equal(
      await ask('/budget/top-up', { vlab_id: id, amount: null }),
      422,
      'nobody is asked about what is no request',
    )
    assert.equal(await ask('/budget/top-up', { vlab_id: other.url, amount: 1000 }), 422)
    const waiting = await post('/budget/top-up', { vlab_id: id, amount: 100.5 })
    assert.equal(waiting.status, 202)
    const { id: approval } = (await waiting.json()) as { id: string }
    assert.equal((await post(`/api/v1/approvals/${approval}/approve`, {}, 'finance')).status, 200)
    const balance = await fetch(`${other.url}/balance/virtual-lab/${id}`, {
      headers: { authorization: `Bearer ${keys.get('finance')}` },
    })
    assert.equal(((await balance.json()) as { data: { balance: string } }).data.balance, '200.00')
    assert.equal(await ask('/budget/top-up', { vlab_id: id, amount: '1e3' }), 202)
  } finally {
    await other.close()
  }
})

test('200, 401, 403: metrics are for the machine itself, and from elsewhere for whom the table lists', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' }
  const ask = async (headers: Record<string, string>) => (await fetch(`${server.url}/metrics`, { headers })).status
  assert.equal(await ask({}), 200)
  assert.equal(await ask(elsewhere), 401)
  assert.equal(await ask({ ...elsewhere, authorization: `Bearer ${keys.get('user')}` }), 403)
  assert.equal(await ask({ ...elsewhere, authorization: `Bearer ${keys.get('supervisor')}` }), 200)
  const scoped = await newKey(fresh.house, { role: 'supervisor', parties: [idOf('prv', provider)] })
  assert.equal(await ask({ ...elsewhere, authorization: `Bearer ${scoped}` }), 403)
  // Whoever needs no key is not asked for one that they send.
  assert.equal(await ask({ authorization: `Bearer ${scoped}` }), 200)
})

test('200, 401: metrics are for nobody without a key where the operator wants it so', async () => {
  const other = await listen(fresh.house, readSettings({ BURSAR_PORT: '0', BURSAR_METRICS: 'key' }), openLog('silent'))
  const ask = async (headers = {}) => (await fetch(`${other.url}/metrics`, { headers })).status
  assert.equal(await ask(), 401)
  assert.equal(await ask({ authorization: `Bearer ${keys.get('supervisor')}` }), 200)
  await other.close()
})

test('requests and whoever was turned away are counted under the names that dashboards know', async () => {
  for (let count = 0; count < 7; count += 1) {
    await fetch(`${server.url}/api/v1/wallets`, { headers: { authorization: 'Bearer wrong' } })
  }
  await fetch(`${server.url}/api/v1/keys`, { headers: { authorization: `Bearer ${keys.get('user')}` } })
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const valueOf = (figure: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${figure} `))
        ?.split(' ')[1],
    )
  assert.deepEqual([valueOf('auth_lockout_start_total'), valueOf('auth_lockout_end_total')], [1, 0])
  for (const figure of [
    'auth_lockout_active_total',
    'auth_login_success_total',
    'auth_login_failure_total{reason="credentials-invalid"}',
    'auth_forbidden_redirect_total',
    'http_requests_total{method="GET",endpoint="/api/v1/wallets",status="429"}',
    'http_request_duration_seconds_count{method="GET",endpoint="/api/v1/wallets"}',
  ]) {
    assert.ok(valueOf(figure) > 0, figure)
  }
})
