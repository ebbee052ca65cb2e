import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { everybody, openDoors, type OpenedDoors } from '../http/testing.ts'
import { addMeteringRoutes } from '../metering/routes.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { addPricingRoutes } from './routes.ts'

let fresh: FreshHouse
let doors: OpenedDoors
before(async () => {
  fresh = await freshHouse('Asia/Bangkok')
  doors = await openDoors((server) => {
    addPricingRoutes(server, fresh.house)
    addMeteringRoutes(server, fresh.house)
  })
})
after(async () => {
  await doors.close()
  await fresh.drop()
})
beforeEach(() => doors.be(everybody))

const yaml = { 'content-type': 'application/yaml' }
const fileOf = (price: string, service = 'disk') =>
  `prices:\n  - { service: ${service}, component: use, from: 2026-10-01, currency: THB, quantity: node_seconds, flat: { price: ${price}, per: 3600 } }\n`
const set = (text: string, headers: Record<string, string> = {}) =>
  doors.ask('POST', '/api/v1/prices/set', text, { ...yaml, ...headers })

test('200: a price file is checked, set once under its key, and read back', async () => {
  const checked = await doors.ask('POST', '/api/v1/prices/check', fileOf('1.50'), yaml)
  assert.equal(checked.status, 200, checked.text)
  assert.equal((checked.body as { changes: { what: string }[] }).changes[0]?.what, 'add')
  assert.equal(((await doors.ask('GET', '/api/v1/prices')).body as { items: object[] }).items.length, 0)
  const headers = { 'idempotency-key': randomUUID() }
  const first = await set(fileOf('1.50'), headers)
  assert.equal(first.status, 200, first.text)
  const again = await set(fileOf('1.50'), headers)
  assert.equal(again.text, first.text)
  assert.equal((await set(fileOf('2'), headers)).status, 409)
  const [id] = (first.body as { versions: string[] }).versions
  const one = (await doors.ask('GET', `/api/v1/prices/${id}`)).body as { says: string; definition: { flat: object } }
  assert.deepEqual(one.definition.flat, { price: '1.5', per: '3600' })
  assert.deepEqual((await set(fileOf('1.50'))).body, { revision: 1, versions: [] }, 'nothing new to say')
})

test('200: JSON is a price file too, and its numbers stay exact', async () => {
  const text = `{ "prices": [{ "service": "exact", "component": "use", "from": "2026-10-01", "currency": "THB",
    "quantity": "node_seconds", "flat": { "price": 0.1234567890123456789012345678 } }] }`
  const done = await doors.ask('POST', '/api/v1/prices/set', text, { 'content-type': 'application/json' })
  assert.equal(done.status, 200, done.text)
  const [id] = (done.body as { versions: string[] }).versions
  const one = (await doors.ask('GET', `/api/v1/prices/${id}`)).body as { definition: { flat: { price: string } } }
  assert.equal(one.definition.flat.price, '0.1234567890123456789012345678')
})

test('422: each mistake of a file is told with its line and column, and nothing is written', async () => {
  const { status, body } = await set(
    `${fileOf('1', 'fine')}  - { service: wrong, component: use, from: 2026-10-01, quantity: 1 / 0 }\n`,
  )
  assert.equal(status, 422)
  const { mistakes } = body as { mistakes: { line: number; message: string }[] }
  assert.ok(mistakes.length >= 2)
  assert.ok(mistakes.every(({ line }) => line === 3))
  const listed = (await doors.ask('GET', '/api/v1/prices?service=fine')).body as { items: object[] }
  assert.equal(listed.items.length, 0)
  for (const wrong of ['prices: {', '- 1', '{"prices": 1e400}', 'prices:\n  - { tier: "a\\0b", service: x }']) {
    assert.equal((await set(wrong)).status, 422, wrong)
  }
  assert.equal((await set('')).status, 400)
  const bytes = Buffer.concat([Buffer.from('prices: [] # '), Buffer.from([0xe9])])
  assert.equal((await doors.ask('POST', '/api/v1/prices/set', bytes, yaml)).status, 400)
})

test('412: a file for a book that changed meanwhile', async () => {
  const tag = (await doors.ask('GET', '/api/v1/prices')).headers.get('etag') ?? ''
  assert.equal((await set(fileOf('1', 'first'), { 'if-match': tag })).status, 200)
  assert.equal((await set(fileOf('1', 'second'), { 'if-match': tag })).status, 412)
  assert.equal((await set(fileOf('1', 'third'), { 'if-match': '"nonsense"' })).status, 412)
})

test('200: pages skip nothing and repeat nothing while the book changes', async () => {
  type Page = { items: { id: string; service: string }[]; next: string | null }
  const page = async (query: string) => (await doors.ask('GET', `/api/v1/prices?limit=2&${query}`)).body as Page
  const names = ['paged-b', 'paged-d', 'paged-f', 'paged-h']
  for (const name of names) assert.equal((await set(fileOf('1', name))).status, 200)
  const seen: Page['items'] = []
  for (let at: Page | undefined = await page(''); at; ) {
    seen.push(...at.items)
    // One more before the place, and the last that was told is replaced: it is in the list no longer.
    assert.equal((await set(fileOf('1', `paged-a${seen.length}`))).status, 200)
    assert.equal((await set(fileOf('2', seen.at(-1)?.service))).status, 200)
    at = at.next === null ? undefined : await page(`cursor=${at.next}`)
  }
  assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length)
  const told = new Set(seen.map(({ service }) => service))
  assert.deepEqual(
    [...told].filter((name) => names.includes(name)),
    names,
  )
  const wrong = await doors.ask('GET', `/api/v1/prices?cursor=${Buffer.from('["1"]').toString('base64url')}`)
  assert.equal(wrong.status, 400)
  assert.match(wrong.text, /is no cursor of this list/)
})

test('200: the formula of a tier is set and read by the hour; 304 for the same; 400 for a tier without prices', async () => {
  assert.equal((await doors.ask('GET', '/formula?type=mu')).status, 400)
  const body = { type: 'mu', cpu: 1, gpu: '5.25', mem: 0.5 }
  const done = await doors.ask('POST', '/formula', body)
  assert.deepEqual(done.body, { ok: true, updated: ['cpu', 'gpu', 'mem'] }, done.text)
  const read = await doors.ask('GET', '/formula?type=mu')
  const rates = { cpu: 1, gpu: 5.25, mem: 0.5 }
  assert.deepEqual(read.body, { type: 'mu', unit: 'per-hour', rates, currency: 'THB' })
  const etag = read.headers.get('etag') ?? ''
  assert.match(etag, /^W\//)
  assert.equal((await doors.ask('GET', '/formula?type=mu', undefined, { 'if-none-match': etag })).status, 304)
  doors.be(null)
  assert.equal((await doors.ask('GET', '/formula?type=mu')).status, 200)
  assert.equal((await doors.ask('POST', '/formula', body)).status, 401)
})

test('400: a rate below zero, with more than four places, or beyond all numbers', async () => {
  for (const cpu of ['-1', -1, '0.00001', 1e21, 'NaN', '']) {
    const { status, body } = await doors.ask('POST', '/formula', { type: 'mu', cpu, gpu: 0, mem: 0 })
    assert.equal(status, 400, String(cpu))
    assert.equal((body as { issues: { field: string }[] }).issues[0]?.field, 'body.cpu')
  }
  const huge = await doors.ask('POST', '/formula', '{"type":"mu","cpu":1e400,"gpu":0,"mem":0}', {
    'content-type': 'application/json',
  })
  assert.equal(huge.status, 400)
})

test('200: a meter is declared and then priced', async () => {
  const meter = { kind: 'counter', unit: 'token', description: 'tokens that a model wrote' }
  const done = await doors.ask('PUT', '/api/v1/meters/output_tokens', meter)
  assert.deepEqual(done.body, { name: 'output_tokens', ...meter }, done.text)
  const file =
    'prices:\n  - { service: llm, component: out, from: 2026-10-01, currency: THB, quantity: output_tokens, flat: { price: 1, per: 1000000 } }\n'
  assert.equal((await set(file)).status, 200)
  assert.equal((await doors.ask('PUT', '/api/v1/meters/Bad-Name', meter)).status, 400)
})
