import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { newKey } from '../../src/access/testing.ts'
import { newSite, type Site } from './site.ts'

let site: Site
const as = { service: { authorization: '' }, both: { authorization: '' } }
before(async () => {
  site = await newSite()
  const { ids } = site
  for (const project of ['chem', 'dance'])
    await site.ask('POST', '/grants', { payer: project, amount: '100', origin: 'gift' })
  as.service.authorization = `Bearer ${await newKey(site.house, { role: 'service', parties: [ids.dance] })}`
  as.both.authorization = `Bearer ${await newKey(site.house, { role: 'service', parties: [ids.dance, ids.art, ids.anna] })}`
  await site.ask('PUT', `/budgets/${ids.anna}/month`, { amount: '20' })
  await site.ask('POST', '/reservations', {
    project: 'chem',
    person: 'anna',
    service: 'desk',
    amount: '13',
    minutes: 5,
  })
})
after(() => site.close())

const hold = (more: object, headers: Record<string, string>) =>
  site.ask('POST', '/reservations', { project: 'dance', service: 'desk', minutes: 5, ...more }, headers)

/** Of a 402, what says something of the budget that stops it. */
const told = ({ status, body: { type, wallet, allows, left } }: Awaited<ReturnType<typeof hold>>) => [
  status,
  type,
  wallet,
  allows,
  left,
]

const exhausted = '/problems/budget-exhausted'

test('402: the budget of a person whom the key may not read counts, and says nothing of itself', async () => {
  assert.equal((await site.ask('GET', `/people/${site.ids.anna}`, undefined, as.service)).status, 404)
  const over = { person: 'anna', amount: '8' }
  const refused = await hold(over, as.service)
  assert.deepEqual(told(refused), [402, exhausted, undefined, undefined, undefined])
  assert.equal(refused.body['span'], 'month')
  assert.doesNotMatch(refused.text, /acc_|"20"|"7"/)
  const [status, type, wallet, allows, left] = told(await hold(over, as.both))
  assert.deepEqual([status, type, typeof wallet, allows, left], [402, exhausted, 'string', '20', '7'])
  const held = await hold({ person: 'anna', amount: '6' }, as.service)
  assert.equal(held.status, 201)
  const grown = await site.ask('POST', `/reservations/${held.body.id}/grow`, { amount: '2' }, as.service)
  assert.deepEqual(told(grown), [402, exhausted, undefined, undefined, undefined])
  assert.equal((await site.ask('POST', `/reservations/${held.body.id}/grow`, { amount: '2' })).body.left, '1')
})

test('402: nor does that of the organisation above the project; its own does', async () => {
  await site.ask('PUT', `/budgets/${site.ids.art}/month`, { amount: '30' })
  assert.deepEqual((await site.ask('GET', '/budgets', undefined, as.service)).body.items, [])
  const over = { amount: '31' }
  assert.deepEqual(told(await hold(over, as.service)), [402, exhausted, undefined, undefined, undefined])
  assert.equal((await hold(over, as.both)).body['allows'], '30')
  await site.ask('PUT', `/budgets/${site.ids.dance}/month`, { amount: '25' })
  assert.equal((await hold(over, as.service)).body['allows'], '25')
})
