import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newSite, type Site } from './site.ts'

let site: Site
before(async () => {
  site = await newSite()
  assert.equal((await ask('POST', '/grants', { payer: 'chem', amount: '10', origin: 'gift' })).status, 201)
})
after(() => site.close())

const ask = (...asked: Parameters<Site['ask']>) => site.ask(...asked)
const hold = (payer: string, amount: string, more: object = {}) =>
  ask('POST', '/reservations', { payer, service: 'desk', amount, minutes: 5, ...more })
const held = async (payer: string, amount: string) => (await hold(payer, amount)).body.id

test('402: more than is there is not held, nor more than a budget one level up allows', async () => {
  const short = await hold('chem', '1000')
  assert.deepEqual([short.status, short.body.type], [402, '/problems/insufficient-credits'])
  assert.equal((await ask('PUT', `/budgets/${site.ids.sci}/month`, { amount: '1' })).status, 200)
  const over = await hold('chem', '1.5')
  assert.deepEqual([over.status, over.body.type, over.body.left], [402, '/problems/budget-exhausted', '1'])
  const { items } = (await ask('GET', '/budgets')).body
  assert.deepEqual(
    items.map(({ payer, amount, left }) => [payer, amount, left]),
    [[site.ids.sci, '1', '1']],
  )
  assert.equal((await ask('DELETE', `/budgets/${site.ids.sci}/month`)).body['amount'], null)
  assert.equal((await hold('chem', '1.5')).status, 201)
})

test('200: a budget is ended on trial, ended, and goes on from what was used when it is set again', async () => {
  const path = `/budgets/${site.ids.sci}/total`
  const used = async () => {
    const { items } = (await ask('GET', '/budgets')).body
    return items.filter(({ span }) => span === 'total').map(({ used: nanos }) => nanos)
  }
  assert.equal((await ask('PUT', path, { amount: '9' })).status, 200)
  const id = await held('chem', '0.25')
  assert.deepEqual(await used(), ['0.25'])
  const tried = await ask('DELETE', `${path}?dryRun=true`)
  assert.deepEqual([tried.status, tried.body['amount']], [200, null])
  assert.deepEqual(await used(), ['0.25'])
  assert.equal((await ask('DELETE', path)).status, 200)
  assert.deepEqual(await used(), [])
  const meanwhile = await held('chem', '0.5')
  assert.equal((await ask('PUT', path, { amount: '9' })).status, 200)
  assert.deepEqual(await used(), ['0.25'], 'what was held while there was none is not counted')
  for (const each of [id, meanwhile]) assert.equal((await ask('POST', `/reservations/${each}/release`)).status, 200)
  assert.deepEqual(await used(), ['0'])
  assert.equal((await ask('DELETE', path)).status, 200)
})

test('201: what ran out on the wallet of another project leaves its room in a budget above them at once', async () => {
  assert.equal((await ask('POST', '/grants', { payer: 'bio', amount: '10', origin: 'gift' })).status, 201)
  assert.equal((await ask('PUT', `/budgets/${site.ids.sci}/day`, { amount: '4' })).status, 200)
  const first = await ask('POST', '/reservations', { payer: 'bio', service: 'desk', amount: '4', seconds: 1 })
  assert.equal(first.status, 201)
  assert.deepEqual((await hold('chem', '1')).body.type, '/problems/budget-exhausted')
  await sleep(1_100)
  const own = await hold('chem', '1')
  assert.equal(own.status, 201, JSON.stringify(own.body))
  const second = await ask('POST', '/reservations', { payer: 'bio', service: 'desk', amount: '3', seconds: 1 })
  assert.equal(second.status, 201)
  await sleep(1_100)
  const grown = await ask('POST', `/reservations/${own.body.id}/grow`, { amount: '2' })
  assert.equal(grown.status, 200, JSON.stringify(grown.body))
  assert.equal((await hold('chem', '1.1')).body.left, '1')
})
