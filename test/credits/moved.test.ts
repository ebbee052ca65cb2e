import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { newKey } from '../../src/access/testing.ts'
import { type Server } from '../../src/http/server.ts'
import { listen } from '../../src/app.ts'
import { openLog } from '../../src/http/log.ts'
import { readSettings } from '../../src/settings.ts'
import { newSite, type Site } from './site.ts'

let site: Site
/** Another process, as far as memory goes: what the site remembers of its house it knows nothing of. */
let other: Server
before(async () => {
  site = await newSite()
  other = await listen({ ...site.house }, readSettings({ BURSAR_PORT: '0' }), openLog('silent'))
  await site.ask('POST', '/grants', { payer: 'chem', amount: '1000', origin: 'gift' })
  await site.ask('POST', '/grants', { payer: site.ids.sci, amount: '1000', origin: 'gift' })
  await site.ask('PUT', `/budgets/${site.ids.art}/month`, { amount: '10' })
})
after(async () => {
  await other.close()
  await site.close()
})

const held = { service: 'desk', minutes: 5 }
const hold = (more: object) => site.ask('POST', '/reservations', { ...held, project: 'chem', ...more })

/** At the door of the other process. */
async function there(method: string, path: string, body: object): Promise<number> {
  const answer = await fetch(`${other.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await newKey(site.house)}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(body),
  })
  await answer.text()
  return answer.status
}

const path = () => `/projects/${site.ids.chem}`

test('402: a project that moved counts in the budget of its new organisation at once, in whatever process it moved', async () => {
  for (const move of [
    async (organisation: string) => (await site.ask('PATCH', path(), { organisation })).status,
    (organisation: string) => there('PATCH', path(), { organisation }),
  ]) {
    assert.equal((await hold({ amount: '1' })).status, 201)
    assert.equal(await move(site.ids.art), 200)
    assert.equal((await hold({ amount: '60' })).status, 402)
    assert.equal((await hold({ estimate: { cpu_core_seconds: '216000' } })).status, 402)
    assert.equal(await move(site.ids.sci), 200)
    assert.equal((await hold({ amount: '60' })).status, 201)
  }
})

test('400: an organisation pays no more for a project that left it, in whatever process it left', async () => {
  const paid = { payer: site.ids.sci, amount: '1' }
  for (const move of [
    async (organisation: string) => (await site.ask('PATCH', path(), { organisation })).status,
    (organisation: string) => there('PATCH', path(), { organisation }),
  ]) {
    assert.equal((await hold(paid)).status, 201)
    assert.equal(await move(site.ids.art), 200)
    const refused = await hold(paid)
    assert.equal(refused.status, 400)
    assert.deepEqual(refused.body.issues, [{ field: 'body.payer', message: 'is not the organisation of that project' }])
    assert.equal(await move(site.ids.sci), 200)
    assert.equal((await hold(paid)).status, 201)
  }
})

test('while projects move from one organisation to the other, no hold passes by the budget of where they are', async () => {
  for (let round = 0; round < 10; round += 1) {
    const moving = site.ask('PATCH', path(), { organisation: site.ids.art })
    const during = Array.from({ length: 8 }, () => hold({ amount: '11' }))
    assert.equal((await moving).status, 200)
    const behind = Array.from({ length: 8 }, () => hold({ amount: '11' }))
    assert.ok((await Promise.all(during)).every(({ status }) => status === 201 || status === 402))
    assert.ok((await Promise.all(behind)).every(({ status }) => status === 402))
    assert.equal((await site.ask('PATCH', path(), { organisation: site.ids.sci })).status, 200)
  }
})

test('404: a key for an organisation holds nothing for a project that left it a moment ago', async () => {
  const authorization = `Bearer ${await newKey(site.house, { role: 'service', parties: [site.ids.sci] })}`
  const asked = { ...held, project: 'chem', amount: '1' }
  assert.equal((await site.ask('POST', '/reservations', asked, { authorization })).status, 201)
  assert.equal((await site.ask('PATCH', path(), { organisation: site.ids.art })).status, 200)
  assert.equal((await site.ask('POST', '/reservations', asked, { authorization })).status, 404)
  assert.equal((await site.ask('PATCH', path(), { organisation: site.ids.sci })).status, 200)
  assert.equal((await site.ask('POST', '/reservations', asked, { authorization })).status, 201)
})
