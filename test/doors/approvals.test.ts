import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { SignJWT } from 'jose'
import { listen } from '../../src/app.ts'
import { rows } from '../../src/database/reader.ts'
import { openLog } from '../../src/http/log.ts'
import { alone } from '../../src/operations/alone.ts'
import { type FreshHouse, freshHouse } from '../../src/operations/testing.ts'
import { readSettings } from '../../src/settings.ts'
import { newKey } from '../../src/access/testing.ts'

const project = '00000000-0000-4000-8000-00000000000a'
const prj = `prj_${project.replaceAll('-', '')}`

let fresh: FreshHouse
let server: Awaited<ReturnType<typeof listen>>
const keys: Record<string, string> = {}
before(async () => {
  fresh = await freshHouse()
  await alone(fresh.house, { principal: 'tester', key: 'parties', command: 'test', input: null }, async (writer) => {
    await writer.query({
      text: `with o as (insert into parties.organisations values (gen_random_uuid(), 'lab', 'mu', 'import') returning id)
             insert into parties.projects select '${project}', id, 'chem', 'prepaid', 'import' from o`,
    })
  })
  for (const [name, role] of [
    ['ann', 'supervisor'],
    ['ben', 'finance'],
    ['eve', 'finance'],
    ['pia', 'service'],
  ] as const)
    keys[name] = await newKey(fresh.house, { name, principal: name, role })
  keys['ann too'] = await newKey(fresh.house, { principal: 'ben', role: 'admin' })
  keys['chem'] = await newKey(fresh.house, { name: 'chem', role: 'finance', parties: [prj] })
  for (const sub of ['mia', 'noa']) keys[sub] = await tokenOf(sub)
  const tokens = { BURSAR_JWT_SECRET: secret, BURSAR_JWT_ISSUER: issuer, BURSAR_JWT_AUDIENCE: 'bursar' }
  const limits = { BURSAR_APPROVAL_GRANT_LIMIT: '100', BURSAR_APPROVAL_PRICES: 'on', BURSAR_PORT: '0' }
  server = await listen(fresh.house, readSettings({ ...limits, ...tokens }), openLog('silent'))
})
after(async () => {
  await server.close()
  await fresh.drop()
})

const [issuer, secret] = ['https://login.example.org', 'a secret that is thirty-two long']
const tokenOf = (sub: string) =>
  new SignJWT({ iss: issuer, aud: 'bursar', sub, role: 'admin', exp: Math.floor(Date.now() / 1000) + 900 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))

type Answer = { status: number; operation: string | null; body: Record<string, never> }
let serial = 0

async function ask(who: string, method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
  const text = typeof body === 'string'
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${keys[who]}`,
      'idempotency-key': `key ${(serial += 1)}`,
      ...(body !== undefined && { 'content-type': text ? 'application/yaml' : 'application/json' }),
      ...more,
    },
    ...(body !== undefined && { body: text ? body : JSON.stringify(body) }),
  })
  return {
    status: answer.status,
    operation: answer.headers.get('operation-id'),
    body: (await answer.json()) as Record<string, never>,
  } satisfies Answer
}

const grant = (amount: string, more = {}) => ({ payer: prj, amount, origin: 'gift', ...more })
const grants = async () => (await rows(fresh.database.pool, `select from credits.grants`)).length

test('201, 202: up to the limit one person is enough; above it the grant waits, and nothing has moved', async () => {
  assert.equal((await ask('ann', 'POST', '/api/v1/grants', grant('100'))).status, 201)
  assert.equal(await grants(), 1)
  const key = { 'idempotency-key': 'the same' }
  const waits = await ask('ann', 'POST', '/api/v1/grants', grant('100.01'), key)
  assert.deepEqual([waits.status, waits.body['state'], waits.body['proposedBy']], [202, 'waiting', 'ann'])
  assert.match(waits.operation ?? '', /^op_/)
  assert.deepEqual((await ask('ann', 'POST', '/api/v1/grants', grant('100.01'), key)).body, waits.body)
  assert.equal((await ask('ann', 'POST', '/api/v1/grants', grant('100.02'), key)).status, 409)
  assert.equal(await grants(), 1)
  const { body } = await ask('eve', 'GET', '/api/v1/approvals?state=waiting')
  assert.deepEqual(
    (body['items'] as unknown as { id: string }[]).map(({ id }) => id),
    [waits.body['id']],
  )
})

test('200: a second person agrees, and it is done once, in the name of who asked', async () => {
  const { body } = await ask('ann', 'POST', '/api/v1/grants', grant('500'))
  const path = `/api/v1/approvals/${body['id']}/approve`
  const before = await grants()
  const first = await ask('ben', 'POST', path, { reason: 'as agreed' })
  assert.deepEqual([first.status, first.body['state'], first.body['decidedBy']], [200, 'approved', 'ben'])
  const again = await ask('eve', 'POST', path)
  assert.deepEqual([again.status, again.body['answer']], [200, first.body['answer']])
  assert.equal(await grants(), before + 1)
  const [made] = await rows<{ principal: string }>(
    fresh.database.pool,
    `select principal from operations.operations where id = $1`,
    [String(first.body['answeredBy']).slice(3)],
  )
  assert.equal(made?.principal, 'ann')
  assert.equal((await ask('eve', 'POST', path.replace('approve', 'reject'), {})).status, 409)
})

test('403: neither who asked, nor a second key of theirs, nor a role without the right says yes', async () => {
  const { body } = await ask('ben', 'POST', '/api/v1/grants', grant('500'))
  const path = `/api/v1/approvals/${body['id']}/approve`
  const types: string[] = []
  for (const who of ['ben', 'ann too', 'ann', 'pia', 'chem'])
    types.push(String((await ask(who, 'POST', path, {})).body['type']))
  const byProposer = '/problems/approval-by-proposer'
  assert.deepEqual(types, [byProposer, byProposer, ...['a', 'b', 'c'].map(() => '/problems/not-allowed')])
  const refused = await ask('eve', 'POST', path.replace('approve', 'reject'), { reason: 'too much' })
  assert.deepEqual([refused.body['state'], refused.body['reason']], ['rejected', 'too much'])
  const late = await ask('eve', 'POST', path, {})
  assert.deepEqual([late.status, late.body['type']], [409, '/problems/approval-decided'])
  assert.equal((await ask('eve', 'POST', '/api/v1/approvals/apr_1/approve', {})).status, 404)
})

test('403: a key that was made after it was asked for decides nothing, whosever it is', async () => {
  const { body } = await ask('ann', 'POST', '/api/v1/grants', grant('5000'))
  const path = `/api/v1/approvals/${body['id']}/approve`
  keys['other me'] = await newKey(fresh.house, { name: 'other me', role: 'finance' })
  keys['as zoe'] = await newKey(fresh.house, { principal: 'zoe', role: 'finance' })
  for (const who of ['other me', 'as zoe']) {
    const { status, body: refused } = await ask(who, 'POST', path, {})
    assert.deepEqual([status, refused['type']], [403, '/problems/approval-by-proposer'], who)
    assert.match(String(refused['detail']), /made after/)
  }
  assert.equal((await ask('eve', 'POST', path, {})).status, 200)
})

test('403: nor does a login that meant whoever asked, whomever it was linked with, or that person erased', async () => {
  const named = async (name: string) => String((await ask('noa', 'POST', '/api/v1/people', { name })).body['id'])
  const linked = async (name: string, person: string) =>
    assert.equal(
      (await ask('noa', 'POST', `/api/v1/people/${person}/names`, { source: `jwt:${issuer}`, name })).status,
      200,
    )
  const { body } = await ask('mia', 'POST', '/api/v1/grants', grant('500'))
  const path = `/api/v1/approvals/${body['id']}/approve`
  for (const name of ['somebody', 'somebody else']) {
    await linked('mia', await named(name))
    const { status, body: refused } = await ask('mia', 'POST', path, {})
    assert.deepEqual([status, refused['type']], [403, '/problems/approval-by-proposer'], name)
  }
  const { body: others } = await ask('noa', 'POST', '/api/v1/grants', grant('500'))
  assert.equal((await ask('mia', 'POST', `/api/v1/approvals/${others['id']}/approve`, {})).status, 200)
  assert.equal((await ask('noa', 'DELETE', `/api/v1/people/${body['proposedBy']}`)).status, 200)
  for (const who of ['mia', 'noa']) {
    const { body: refused } = await ask(who, 'POST', path, {})
    assert.match(String(refused['detail']), /was erased: ask anew/)
  }
  assert.equal((await ask('noa', 'POST', path.replace('approve', 'reject'), {})).status, 200)
})

test('200, 202: a credit limit is spent like a grant, and waits like one', async () => {
  const path = `/api/v1/wallets/${prj}/limit`
  assert.equal((await ask('ann', 'PUT', path, { amount: '100' })).status, 200)
  assert.equal((await ask('ann', 'PUT', path, { amount: '100.01' })).status, 202)
})

test('400, 404: what could not be done anyway does not wait for anybody', async () => {
  const nobody = grant('500', { payer: `prj_${'0'.repeat(32)}` })
  assert.equal((await ask('ann', 'POST', '/api/v1/grants', nobody)).status, 404)
  assert.equal((await ask('ann', 'POST', '/api/v1/grants', grant('lots'))).status, 400)
  const past = grant('500', { expiresAt: '2020-01-01T00:00:00Z' })
  assert.equal((await ask('ann', 'POST', '/api/v1/grants', past)).status, 400)
  const tried = await ask('ann', 'POST', '/api/v1/grants', grant('500', { dryRun: true }))
  assert.equal(tried.status, 200)
})

test('two who decide at once: one verdict stands', async () => {
  const { body } = await ask('ann', 'POST', '/api/v1/grants', grant('500'))
  const path = `/api/v1/approvals/${body['id']}`
  const before = await grants()
  const [yes, no] = await Promise.all([
    ask('ben', 'POST', `${path}/approve`, {}),
    ask('eve', 'POST', `${path}/reject`, {}),
  ])
  assert.deepEqual(new Set([yes.status, no.status]), new Set([200, 409]))
  assert.equal((await grants()) - before, yes.status === 200 ? 1 : 0)
})

test('202: a price of jobs waits as well, and is what was asked for once somebody agrees', async () => {
  const tiers = [{ min_quantity: 0, max_quantity: null, fixed_cost: 0, multiplier: '0.5' }]
  const span = { valid_from: '2026-01-01T00:00:00Z', valid_to: null, vlab_id: null }
  const price = { service_type: 'oneshot', service_subtype: 'notebook', ...span, tiers }
  const waits = await ask('eve', 'POST', '/price', JSON.stringify(price), { 'content-type': 'application/json' })
  assert.deepEqual([waits.status, waits.body['operation']], [202, 'jobs.price'])
  const list = async () => {
    const { body } = await ask('eve', 'GET', '/price')
    return (body as unknown as { data: { items: { service_subtype: string }[] } }).data.items
  }
  assert.deepEqual(await list(), [])
  const agreed = await ask('ben', 'POST', `/api/v1/approvals/${waits.body['id']}/approve`, {})
  assert.equal(agreed.status, 200, JSON.stringify(agreed.body))
  assert.deepEqual(
    (await list()).map(({ service_subtype }) => service_subtype),
    ['notebook'],
  )
})

test('202: a change of prices waits as it was written', async () => {
  const file = `prices:\n  - { service: slurm, component: cpu, from: 2026-01-01, currency: THB, quantity: cpu_core_seconds, flat: { price: 1, per: 3600 } }\n`
  const waits = await ask('eve', 'POST', '/api/v1/prices/set', file)
  assert.deepEqual([waits.status, waits.body['operation']], [202, 'prices.set'])
  const versions = async () => (await rows(fresh.database.pool, `select from pricing.versions`)).length
  assert.equal(await versions(), 0)
  assert.equal((await ask('eve', 'POST', '/api/v1/prices/set', 'prices: nonsense')).status, 422)
  const done = await ask('ben', 'POST', `/api/v1/approvals/${waits.body['id']}/approve`, {})
  assert.deepEqual([done.status, await versions()], [200, 1])
})

test('401: a pass is for one request, and nobody can make one', async () => {
  const header = server.pass({ name: 'x', role: 'admin', parties: 'all' })
  const knock = async (authorization: string) =>
    (await fetch(`${server.url}/api/v1/approvals`, { headers: { authorization } })).status
  assert.equal(await knock('Pass me'), 401)
  assert.deepEqual([await knock(header), await knock(header)], [200, 401])
})
