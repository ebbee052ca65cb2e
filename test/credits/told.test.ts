import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newSite, type Site } from './site.ts'

let site: Site
before(async () => {
  site = await newSite()
})
after(() => site.close())

const ask = (...asked: Parameters<Site['ask']>) => site.ask(...asked)

async function held(payer: string, amount: string): Promise<string> {
  const { status, body, text } = await ask('POST', '/reservations', { payer, service: 'desk', amount, minutes: 5 })
  assert.equal(status, 201, text)
  return body.id
}

async function grantShort(payer: string, amount: string): Promise<number> {
  const at = Date.now() + 1_500
  const { status } = await ask('POST', '/grants', {
    payer,
    amount,
    origin: 'gift',
    expiresAt: new Date(at).toISOString(),
  })
  assert.equal(status, 201)
  return at
}

test('200: what comes back of credits whose time is over is told as expired, not as released', async () => {
  await ask('POST', '/grants', { payer: 'chem', amount: '2', origin: 'gift' })
  const at = await grantShort('chem', '5')
  const [settled, released] = [await held('chem', '4'), await held('chem', '2')]
  await sleep(at - Date.now() + 20)
  const end = await ask('POST', `/reservations/${settled}/settle`, { amount: '1.5' })
  assert.deepEqual([end.status, end.body['released'], end.body['expired']], [200, '0', '2.5'])
  const given = await ask('POST', `/reservations/${released}/release`)
  assert.deepEqual([given.status, given.body['released'], given.body['expired']], [200, '1', '1'])
})

test('200: a wallet and its account tell the same of what is available, also below zero', async () => {
  await ask('POST', '/grants', { payer: 'dance', amount: '2', origin: 'gift' })
  await ask('POST', `/reservations/${await held('dance', '2')}/settle`, { amount: '5' })
  const wallet = (await ask('GET', '/wallets?payer=dance')).body.items[0] as { id: string; available: string }
  const account = await ask('GET', `/accounts/${wallet.id}`)
  assert.deepEqual([wallet.available, account.body.available], ['-3', '-3'])
})

test('200: one settling is taken after it ran out, and ends it whatever it says of more', async () => {
  const { anna } = site.ids
  await ask('POST', '/grants', { payer: anna, amount: '2', origin: 'gift' })
  const { id } = (await ask('POST', '/reservations', { payer: anna, service: 'desk', amount: '1', seconds: 1 })).body
  await sleep(1_050)
  const late = await ask('POST', `/reservations/${id}/settle`, { amount: '0.5', last: false })
  assert.deepEqual([late.status, late.body.state, late.body.held], [200, 'settled', '0'])
  const again = await ask('POST', `/reservations/${id}/settle`, { amount: '0.5' })
  assert.deepEqual([again.status, again.body.state], [409, 'settled'])
  const { until } = (await ask('GET', `/reservations/${id}`)).body
  assert.equal(again.body['endedAt'], until)
})

test('200: what is only tried is told with ids that are of nothing', async () => {
  const tried = await ask('POST', '/grants', { payer: 'bio', amount: '1', origin: 'gift', dryRun: true })
  assert.deepEqual([tried.status, tried.body.id], [200, 'gra_0'])
  await ask('POST', '/grants', { payer: 'bio', amount: '1', origin: 'gift' })
  const asked = { payer: 'bio', service: 'desk', amount: '1', minutes: 5, dryRun: true }
  assert.equal((await ask('POST', '/reservations', asked)).body.id, 'res_0')
})
