import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { newKey } from '../../src/access/testing.ts'
import { limitsIn } from '../../src/access/approval.ts'
import { newSite, type Site } from '../credits/site.ts'

let site: Site
const keys: Record<string, string> = {}
before(async () => {
  site = await newSite({
    BURSAR_APPROVAL_GRANT_LIMIT: '100, THB=1000',
    BURSAR_APPROVAL_REFUND_LIMIT: 'CREDIT=10,THB=100',
    BURSAR_APPROVAL_PRICES: 'on',
  })
  for (const name of ['ann', 'ben', 'eve'])
    keys[name] = await newKey(site.house, { name, principal: name, role: 'finance' })
})
after(() => site.close())

const ask = (who: string, method: string, path: string, body?: object, key: string = randomUUID()) =>
  site.ask(method, path, body, { authorization: `Bearer ${keys[who]}`, 'idempotency-key': key })
const grant = (who: string, payer: string, amount: string, more: object = {}, key?: string) =>
  ask(who, 'POST', '/grants', { payer, amount, origin: 'gift', ...more }, key)
const approve = (who: string, id: string) => ask(who, 'POST', `/approvals/${id}/approve`, {})
const postedOf = async (payer: string) =>
  (await ask('ann', 'GET', `/wallets?payer=${payer}`)).body.items.map(({ currency, posted }) => `${posted} ${currency}`)

test('201, 202: each currency has its limit, and all others have one together', async () => {
  const status = async (amount: string, currency: string) => (await grant('ann', 'chem', amount, { currency })).status
  assert.deepEqual([await status('1000', 'THB'), await status('1000.01', 'THB')], [201, 202])
  assert.deepEqual([await status('100', 'EUR'), await status('100.01', 'EUR')], [201, 202])
})

test('202: what one person grants a wallet within a day counts together; asked again it is answered as before', async () => {
  const once = randomUUID()
  assert.equal((await grant('ann', 'bio', '60', {}, once)).status, 201)
  const waits = await grant('ann', 'bio', '60')
  assert.equal(waits.status, 202)
  assert.equal((await grant('ann', 'bio', '60', {}, once)).status, 201)
  assert.equal((await grant('ann', 'bio', '60', { dryRun: true })).status, 200)
  assert.equal((await grant('ann', 'dance', '60')).status, 201, 'another wallet')
  assert.equal((await grant('ben', 'bio', '60')).status, 201, 'another person')
  assert.deepEqual(await postedOf('bio'), ['120 CREDIT'])
  assert.equal((await approve('eve', waits.body.id)).status, 200)
  assert.deepEqual(await postedOf('bio'), ['180 CREDIT'])
  assert.equal((await grant('ann', 'bio', '40')).status, 201, 'what was agreed to does not count')
  assert.equal((await grant('ann', 'bio', '0.01')).status, 202)
})

test('202: of many at once only so many are granted as one person may', async () => {
  const { anna } = site.ids
  const told = await Promise.all(Array.from({ length: 8 }, () => grant('ann', anna, '30')))
  assert.deepEqual(
    told.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 201, 201, 202, 202, 202, 202, 202],
  )
  assert.deepEqual(await postedOf(anna), ['90 CREDIT'])
})

test('201, 202: a refund waits by the limit of the currency that was paid in', async () => {
  const spent = async (currency: string, amount: string) => {
    const { art } = site.ids
    await grant('ben', art, amount, { currency })
    const asked = { payer: art, service: 'desk', amount, currency, minutes: 5 }
    const { body } = await site.ask('POST', '/reservations', asked)
    return (await site.ask('POST', `/reservations/${body.id}/settle`, { amount })).body['charge']
  }
  const refund = (of: unknown, amount: string) =>
    ask('ann', 'POST', '/refunds', { of, amount, reason: 'a node failed' })
  const [credits, baht] = [await spent('CREDIT', '50'), await spent('THB', '500')]
  assert.deepEqual([(await refund(credits, '10')).status, (await refund(credits, '10.01')).status], [201, 202])
  const waits = await refund(baht, '100.01')
  assert.deepEqual([(await refund(baht, '100')).status, waits.status], [201, 202])
  const done = await approve('eve', waits.body.id)
  assert.equal(done.status, 200, done.text)
  assert.equal((done.body['answer'] as { amount: string }).amount, '100.01')
})

test('202: what one person gives back to a wallet within a day counts together, of whatever it was charged', async () => {
  const charged = async (payer: string, id: string) => {
    await grant('ben', payer, '50')
    if (id !== '') {
      const [startsAt, endsAt] = ['2026-11-01T08:00:00Z', '2026-11-01T09:00:00Z']
      const quantities = { cpu_core_seconds: '108000' }
      await site.ask('POST', '/usage', { id, project: payer, service: 'slurm', startsAt, endsAt, quantities })
      return id
    }
    const { body } = await site.ask('POST', '/reservations', { payer, service: 'desk', amount: '30', minutes: 5 })
    return String((await site.ask('POST', `/reservations/${body.id}/settle`, { amount: '30' })).body['charge'])
  }
  const refund = (who: string, of: string, amount: string, key?: string) =>
    ask(who, 'POST', '/refunds', { of, amount, reason: 'a node failed' }, key)
  const [job, desk, other] = [await charged('chem', 'job-1'), await charged('chem', ''), await charged('dance', '')]
  const once = randomUUID()
  assert.equal((await refund('ann', job, '6', once)).status, 201)
  const waits = await refund('ann', desk, '6')
  assert.equal(waits.status, 202, waits.text)
  assert.equal((await refund('ann', job, '6', once)).status, 201, 'the same again')
  assert.equal((await refund('ann', other, '6')).status, 201, 'another wallet')
  assert.equal((await refund('ben', desk, '6')).status, 201, 'another person')
  assert.equal((await approve('eve', waits.body.id)).status, 200)
  assert.equal((await refund('ann', job, '4')).status, 201, 'what was agreed to does not count')
  assert.equal((await refund('ann', desk, '0.01')).status, 202)
  assert.equal((await refund('ann', desk, '18.01')).body.type, '/problems/refund-exceeds-paid')
  assert.equal((await refund('ann', other, '0')).status, 400)
  assert.equal((await refund('ann', 'nothing', '1')).status, 404)
  const told = await Promise.all(Array.from({ length: 6 }, () => refund('eve', other, '4')))
  assert.deepEqual(
    told.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 201, 202, 202, 202, 202],
  )
})

test('202: a change of the formula waits, and holds once somebody agreed', async () => {
  const change = { type: 'mu', cpu: '0.5', gpu: '5', mem: '0.1' }
  const send = (who: string, path: string, body?: object) =>
    fetch(`${site.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${keys[who]}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  const before = await (await send('ann', '/formula?type=mu')).json()
  const waits = await send('ann', '/formula', change)
  const { id } = (await waits.json()) as { id: string }
  assert.equal(waits.status, 202)
  assert.deepEqual(await (await send('ann', '/formula?type=mu')).json(), before)
  assert.equal((await approve('ann', id)).status, 403)
  const done = await approve('eve', id)
  assert.equal(done.status, 200, done.text)
  const { rates } = (await (await send('ann', '/formula?type=mu')).json()) as { rates: object }
  assert.deepEqual(rates, { cpu: 0.5, gpu: 5, mem: 0.1 })
})

test('limits are amounts, each by one currency, and one for all others', () => {
  const limits = limitsIn('THB=35000, 1000,JPY=1')
  assert.deepEqual(
    [limits?.others, limits?.of.get('THB'), limits?.of.get('JPY')],
    [10n ** 12n, 35n * 10n ** 12n, 10n ** 9n],
  )
  for (const wrong of ['', 'THB', 'THB=', '1,2', 'THB=1,THB=2', '-1', 'thb=1', '1e5', 'THB=1,,2'])
    assert.equal(limitsIn(wrong), undefined, wrong)
})
