import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newKey } from '../../src/access/testing.ts'
import { setBook } from '../../src/charging/testing.ts'
import { newSite, type Site } from './site.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.close())

const ask = (...asked: Parameters<Site['ask']>) => site.ask(...asked)
const grant = (payer: string, amount: string, more: object = {}) =>
  ask('POST', '/grants', { payer, amount, origin: 'gift', ...more })
const hold = (payer: string, amount: string, more: object = {}, headers: Record<string, string> = {}) =>
  ask('POST', '/reservations', { payer, service: 'desk', amount, minutes: 5, ...more }, headers)
const held = async (payer: string, amount: string) => (await hold(payer, amount)).body.id
const walletOf = async (payer: string) => (await ask('GET', `/wallets?payer=${payer}`)).body.items[0] ?? {}

test('201: what is granted can be held, settled in parts, and is found in the statement', async () => {
  const granted = await grant('chem', '10')
  assert.deepEqual([granted.status, granted.body.available], [201, '10'])
  const made = await ask('POST', '/reservations', { project: 'chem', service: 'desk', amount: '4', minutes: 5 })
  assert.deepEqual([made.status, made.body.held, made.body.available], [201, '4', '6'])
  assert.match(made.headers.get('operation-id') ?? '', /^op_\d+$/)
  const { id } = made.body
  assert.equal((await ask('POST', `/reservations/${id}/grow`, { amount: '1' })).body.held, '5')
  assert.equal((await ask('POST', `/reservations/${id}/extend`, { seconds: 900 })).status, 200)
  const first = await ask('POST', `/reservations/${id}/settle`, { amount: '2', last: false })
  assert.deepEqual([first.body.state, first.body.held], ['held', '3'])
  const last = await ask('POST', `/reservations/${id}/settle`, { amount: '0.5' })
  assert.deepEqual([last.body.state, last.body['released']], ['settled', '2.5'])
  const whole = (await ask('GET', `/reservations/${id}`)).body as { steps?: { kind: string }[]; settlements?: object[] }
  assert.deepEqual(
    whole.steps?.map(({ kind }) => kind),
    ['grow', 'extend', 'settle', 'settle'],
  )
  assert.equal(whole.settlements?.length, 2)
  const statement = (await ask('GET', '/statements/chem')).body
  assert.deepEqual(statement['total'], { CREDIT: '2.5' })
  const [wallet] = statement['wallets'] as Record<string, string>[]
  assert.deepEqual([wallet?.['granted'], wallet?.['spent'], wallet?.['available']], ['10', '2.5', '7.5'])
  assert.deepEqual(statement['owed'], {})
})

test('201: an estimate is priced, and usage is charged by its quantities and explained', async () => {
  await grant(site.ids.art, '100')
  const estimate = { cpu_core_seconds: '36000' }
  const asked = { payer: site.ids.art, project: 'dance', service: 'desk', estimate, minutes: 5 }
  const made = await ask('POST', '/reservations', asked)
  assert.deepEqual([made.status, made.body.held, made.body['payer']], [201, '10', site.ids.art])
  const usage = { cpu_core_seconds: '5400' }
  const settled = await ask('POST', `/reservations/${made.body.id}/settle`, { usage })
  assert.equal(settled.body['settled'], '1.5')
  const { body } = await ask('GET', `/settlements/${String(settled.body['charge'])}/explanation`)
  const [settlement] = body['settlements'] as { steps: { formula: string; amount: string }[] }[]
  assert.deepEqual(
    settlement?.steps.map(({ formula, amount }) => [formula, amount]),
    [['cpu_core_seconds', '1.5']],
  )
  const listed = await ask('GET', '/settlements?project=dance')
  assert.deepEqual(
    listed.body.items.map(({ amount }) => amount),
    ['1.5'],
  )
})

test('200: a dry run answers what would happen, and changes nothing', async () => {
  await grant(site.ids.anna, '5')
  const tried = await hold(site.ids.anna, '2', { dryRun: true })
  assert.deepEqual([tried.status, tried.body.available, tried.headers.get('operation-id')], [200, '3', null])
  assert.equal((await walletOf(site.ids.anna))['held'], '0')
  assert.equal((await hold(site.ids.anna, '6', { dryRun: true })).status, 402)
})

test('200: the same key and input give the same bytes, and hold once', async () => {
  await grant('dance', '5')
  const key = { 'idempotency-key': randomUUID() }
  const once = await hold('dance', '1', {}, key)
  const again = await hold('dance', '1', {}, key)
  assert.deepEqual([again.status, again.text], [201, once.text])
  assert.equal((await walletOf('dance'))['held'], '1')
  const other = await hold('dance', '2', {}, key)
  assert.deepEqual([other.status, other.body.type], [409, '/problems/idempotency-key-reused'])
})

test('400: what is wrong is named with its field', async () => {
  const cases: [path: string, body: object, field: string][] = [
    ['/reservations', { service: 'desk', amount: '1', minutes: 5 }, 'body.project'],
    ['/reservations', { project: 'chem', service: 'desk', minutes: 5 }, 'body.estimate'],
    [
      '/reservations',
      { project: 'chem', service: 'desk', amount: '1', estimate: { x: '1' }, minutes: 5 },
      'body.estimate',
    ],
    ['/reservations', { project: 'chem', service: 'desk', amount: '1' }, 'body.seconds'],
    ['/reservations', { project: 'chem', service: 'desk', amount: '0', minutes: 5 }, 'body.amount'],
    ['/reservations', { project: 'chem', service: 'desk', amount: 1, minutes: 5 }, 'body.amount'],
    ['/reservations', { project: 'chem', payer: site.ids.art, service: 'desk', amount: '1', minutes: 5 }, 'body.payer'],
    ['/reservations', { project: 'chem', payer: 'bio', service: 'desk', amount: '1', minutes: 5 }, 'body.payer'],
    ['/grants', { payer: 'chem', amount: '1e400', origin: 'gift' }, 'body.amount'],
    ['/grants', { payer: 'chem', amount: '1000000000000000', origin: 'gift' }, 'body.amount'],
    ['/reservations/res_1/settle', { amount: '1000000000000000' }, 'body.amount'],
    ['/grants', { payer: 'chem', amount: '1.0000000001', origin: 'gift' }, 'body.amount'],
    ['/grants', { payer: 'chem', amount: '1', origin: 'gift', expiresAt: 'soon' }, 'body.expiresAt'],
    ['/grants', { payer: 'chem', amount: '1', origin: 'gift', expiresAt: '2027-02-30T00:00:00Z' }, 'body.expiresAt'],
    ['/keys', { name: 'x', role: 'user', expiresAt: '2027-02-30T00:00:00Z' }, 'body.expiresAt'],
    ['/moves', { from: 'chem', to: 'chem', amount: '1' }, 'body.to'],
    ['/grants', { payer: 'chem', amount: '1', origin: 'gift', currency: 'ZZZ' }, 'body.currency'],
    ['/moves', { from: 'chem', to: 'bio', amount: '1', currency: 'ZZZ' }, 'body.currency'],
    ['/reservations', { project: 'chem', service: 'desk', amount: '1', minutes: 5, currency: 'ZZZ' }, 'body.currency'],
  ]
  for (const [path, body, field] of cases) {
    const { status, body: told } = await ask('POST', path, body)
    assert.deepEqual([status, told.issues?.[0]?.field], [400, field], JSON.stringify(body))
  }
})

test('400: no wallet is opened, limited or given a budget in what is no currency', async () => {
  for (const path of ['/wallets/chem/limit', '/budgets/chem/day']) {
    const { status, body } = await ask('PUT', path, { amount: '1', currency: 'ZZZ' })
    assert.deepEqual([status, body.issues?.[0]?.field], [400, 'body.currency'], path)
  }
})

test('200: what is only tried opens no wallet', async () => {
  const payer = site.ids.sci
  const tried: [method: string, path: string, body: object][] = [
    ['POST', '/grants', { payer, amount: '1', origin: 'gift' }],
    ['POST', '/moves', { from: 'chem', to: payer, amount: '0.5' }],
    ['PUT', `/wallets/${payer}/limit`, { amount: '1' }],
    ['PUT', `/budgets/${payer}/day`, { amount: '1' }],
  ]
  await ask('POST', '/grants', { payer: 'chem', amount: '1', origin: 'gift', currency: 'EUR' })
  for (const [method, path, body] of tried) {
    const answer = await ask(method, path, { ...body, currency: 'EUR', dryRun: true })
    assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`)
  }
  assert.deepEqual((await ask('GET', `/wallets?payer=${payer}&currency=EUR`)).body['items'], [])
})

test('400: money wants an idempotency key', async () => {
  const headers = { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ payer: 'chem', amount: '1', origin: 'gift' })
  const answer = await fetch(`${site.url}/api/v1/grants`, { method: 'POST', headers, body })
  assert.equal(answer.status, 400)
  assert.match(await answer.text(), /header\.idempotency-key/)
})

test('401 and 403: strangers, and roles that do not include it, hold nothing', async () => {
  assert.equal((await hold('chem', '1', {}, { authorization: '' })).status, 401)
  const user = await newKey(site.house, { role: 'user', parties: [site.ids.chem] })
  assert.equal((await hold('chem', '1', {}, { authorization: `Bearer ${user}` })).status, 403)
})

test('404: what belongs to others is not there', async () => {
  const foreign = {
    authorization: `Bearer ${await newKey(site.house, { role: 'supervisor', parties: [site.ids.art] })}`,
  }
  const id = await held('chem', '0.1')
  assert.equal((await hold('chem', '0.1', {}, foreign)).status, 404)
  for (const [method, path, body] of [
    ['GET', `/reservations/${id}`, undefined],
    ['GET', `/reservations/${id}/explanation`, undefined],
    ['POST', `/reservations/${id}/settle`, { amount: '0.1' }],
    ['POST', `/reservations/${id}/grow`, { amount: '0.1' }],
    ['POST', `/reservations/${id}/extend`, { minutes: 1 }],
    ['POST', `/reservations/${id}/release`, undefined],
    ['POST', '/grants', { payer: 'chem', amount: '1', origin: 'gift' }],
    ['POST', '/moves', { from: 'chem', to: 'dance', amount: '0.1' }],
    ['POST', '/moves', { from: 'dance', to: 'chem', amount: '0.1' }],
    ['PUT', '/wallets/chem/limit', { amount: '1' }],
    ['PUT', '/budgets/chem/day', { amount: '1' }],
    ['DELETE', '/budgets/chem/day', undefined],
    ['POST', '/refunds', { of: id, amount: '0.1', reason: 'a test' }],
  ] as const) {
    assert.equal((await ask(method, path, body, foreign)).status, 404, `${method} ${path}`)
  }
  const { items } = (await ask('GET', '/wallets', undefined, foreign)).body
  assert.deepEqual(new Set(items.map(({ payer }) => payer)), new Set([site.ids.art, site.ids.dance]))
  assert.deepEqual(
    (await ask('GET', '/reservations', undefined, foreign)).body.items.filter((row) => row['id'] === id),
    [],
  )
  const hint = ' Name an organisation or a person by its id: only projects go by name.'
  // Neither by its words: what is not there and what belongs to others sound alike.
  for (const path of ['/reservations', '/wallets', '/grants', '/budgets', '/refunds']) {
    const told = await Promise.all(
      ['chem', 'none'].map((payer) => ask('GET', `${path}?payer=${payer}`, undefined, foreign)),
    )
    assert.deepEqual(
      told.map(({ status, body }) => [status, body.detail]),
      [
        [404, `There is no payer “chem”.${hint}`],
        [404, `There is no payer “none”.${hint}`],
      ],
    )
  }
  assert.equal((await ask('POST', `/reservations/${id}/release`)).status, 200)
})

test('409: a reservation ends once', async () => {
  const id = await held('chem', '0.1')
  assert.equal((await ask('POST', `/reservations/${id}/release`)).body.state, 'released')
  const late = await ask('POST', `/reservations/${id}/settle`, { amount: '0.1' })
  assert.deepEqual([late.status, late.body.type, late.body.state], [409, '/problems/reservation-closed', 'released'])
  const { steps } = (await ask('GET', `/reservations/${id}`)).body as unknown as { steps: { at: string }[] }
  assert.equal(late.body['endedAt'], steps[0]?.at)
})

test('200: reservations are listed by how they stand, of one payer and of all', async () => {
  const [open, released, settled] = [await held('chem', '0.1'), await held('chem', '0.1'), await held('chem', '0.1')]
  assert.equal((await ask('POST', `/reservations/${released}/release`)).status, 200)
  assert.equal((await ask('POST', `/reservations/${settled}/settle`, { amount: '0' })).status, 200)
  const mine = [open, released, settled]
  const listed = async (query: string) =>
    (await ask('GET', `/reservations?limit=1000${query}`)).body.items
      .map(({ id }) => id)
      .filter((id) => mine.includes(id as string))
  for (const [state, expected] of [
    ['held', [open]],
    ['released', [released]],
    ['settled', [settled]],
    ['expired', []],
  ] as const)
    for (const query of [`&state=${state}`, `&state=${state}&payer=chem`])
      assert.deepEqual(await listed(query), expected, query)
  assert.deepEqual(await listed('&payer=chem'), [settled, released, open])
  assert.equal((await ask('POST', `/reservations/${open}/release`)).status, 200)
})

test('422: what has no price is not held', async () => {
  const estimate = { cpu_core_seconds: '1' }
  const asked = { project: 'chem', service: 'unheard', estimate, minutes: 5 }
  const { status, body } = await ask('POST', '/reservations', asked)
  assert.deepEqual([status, body.type], [422, '/problems/no-price'])
})

test('200: what ran out is free at once where it is shown, and ended by the task', async () => {
  const { ids } = site
  await grant(ids.sci, '5')
  const made = await hold(ids.sci, '2', { minutes: undefined, seconds: 1 })
  await sleep(Date.parse(String(made.body['until'])) - Date.now() + 50)
  assert.deepEqual([(await walletOf(ids.sci))['held'], (await walletOf(ids.sci))['available']], ['0', '5'])
  assert.equal((await ask('GET', `/reservations/${made.body.id}`)).body.state, 'expired')
  const expired = await ask('GET', `/reservations?state=expired&payer=${ids.sci}`)
  assert.deepEqual(
    expired.body.items.map(({ id }) => id),
    [made.body.id],
  )
})

test('200: what a wallet may owe, and moves that carry dates', async () => {
  const { ids } = site
  await grant(ids.sci, '3', { expiresAt: '2099-01-01T00:00:00Z' })
  assert.equal((await ask('POST', '/moves', { from: ids.sci, to: 'bio', amount: '3' })).status, 200)
  const bio = (await walletOf('bio')) as { lots?: { expiresAt: string; posted: string }[] }
  assert.deepEqual(
    bio.lots?.map(({ expiresAt, posted }) => [expiresAt, posted]),
    [['2099-01-01T00:00:00.000Z', '3']],
  )
  const limited = await ask('PUT', '/wallets/bio/limit', { amount: '2' })
  assert.deepEqual([limited.body['creditLimit'], limited.body.available], ['2', '5'])
  assert.equal((await hold('bio', '5')).status, 201)
  assert.equal((await hold('bio', '0.000000001')).status, 402)
})

test('201: the same key again is answered as before, also when it has another price by then', async () => {
  await grant('dance', '5')
  const key = { 'idempotency-key': randomUUID() }
  const asked = { project: 'dance', service: 'lab', estimate: { cpu_core_seconds: '1' }, minutes: 5 }
  const price = (from: string, currency: string) =>
    `prices:\n  - { service: lab, component: cpu, from: ${from}, currency: ${currency}, quantity: cpu_core_seconds, flat: { price: 1, per: 1 } }\n`
  await setBook(site.house, price('2020-01-01', 'CREDIT'))
  const once = await ask('POST', '/reservations', asked, key)
  assert.equal(once.status, 201)
  const soon = Math.ceil(Date.now() / 1_000) * 1_000 + 1_000
  await setBook(site.house, price(new Date(soon).toISOString().replace('.000', ''), 'THB'))
  await sleep(soon - Date.now() + 50)
  assert.equal((await ask('POST', '/reservations', asked)).status, 422)
  const again = await ask('POST', '/reservations', asked, key)
  assert.deepEqual([again.status, again.text], [201, once.text])
})

test('200: what was given back is listed', async () => {
  await grant('bio', '5')
  const id = await held('bio', '1')
  const { charge } = (await ask('POST', `/reservations/${id}/settle`, { amount: '1' })).body
  await ask('POST', '/refunds', { of: id, amount: '0.25', reason: 'a test' })
  const { items } = (await ask('GET', '/refunds?payer=bio')).body
  assert.deepEqual(
    items.map((item) => [item['charge'], item['amount'], item['reason'], item['payer']]),
    [[charge, '0.25', 'a test', site.ids.bio]],
  )
})
