import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { newKey } from '../../src/access/testing.ts'
import { listen } from '../../src/app.ts'
import { rows } from '../../src/database/reader.ts'
import { openLog } from '../../src/http/log.ts'
import { readSettings } from '../../src/settings.ts'
import { numberOf, parseId, uuidOf } from '../../src/values/id.ts'
import { newSite, type Site } from '../credits/site.ts'

const limits = { BURSAR_APPROVAL_GRANT_LIMIT: '100', BURSAR_APPROVAL_REFUND_LIMIT: '10', BURSAR_PORT: '0' }

let site: Site
let other: Awaited<ReturnType<typeof listen>>
const keys: Record<string, string> = {}
before(async () => {
  site = await newSite(limits)
  // A server of its own on the same books: the two share nothing but the database.
  other = await listen({ ...site.house }, readSettings(limits), openLog('silent'))
  for (const name of ['ann', 'ben', 'cat', 'eve'])
    keys[name] = await newKey(site.house, { name, principal: name, role: 'admin' })
})
after(async () => {
  await other.close()
  await site.close()
})

const send = async (url: string, who: string, path: string, body: object, key = randomUUID()) => {
  const headers = { authorization: `Bearer ${keys[who]}`, 'content-type': 'application/json', 'idempotency-key': key }
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  return { status: answer.status, text, body: JSON.parse(text) as { id: string; state?: string; error_code?: string } }
}

/** Sends as many to each server, which both have let in before the first of them is written. */
async function atBoth(owner: string, ask: (url: string) => ReturnType<typeof send>) {
  const client = await site.house.database.pool.connect()
  try {
    await client.query('begin read write')
    await client.query(`select from ledger.accounts where owner = $1 for no key update`, [owner])
    const asked = [site.url, other.url].flatMap((url) => Array.from({ length: 4 }, () => ask(url)))
    await untilWaiting(2)
    await client.query('rollback')
    return (await Promise.all(asked)).toSorted((a, b) => a.status - b.status)
  } finally {
    client.release(true)
  }
}

/** Until so many transactions of this database wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  const text = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await rows(site.house.database.pool, text)).length < count);
}

const statusesOf = (told: Awaited<ReturnType<typeof atBoth>>) => told.map(({ status }) => status)
const uuid = (id: string): string => uuidOf(parseId('project', id) as never)

test('202: grants that two servers let in at one moment count together', async () => {
  const { dance } = site.ids
  const grant = { payer: dance, amount: '30', origin: 'gift' }
  assert.equal((await send(site.url, 'ben', '/api/v1/grants', grant)).status, 201)
  const told = await atBoth(uuid(dance), (url) => send(url, 'ann', '/api/v1/grants', grant))
  assert.deepEqual(statusesOf(told), [201, 201, 201, 202, 202, 202, 202, 202])
  const waits = told.at(-1)?.body
  assert.equal(waits?.state, 'waiting')
  assert.equal((await send(other.url, 'eve', `/api/v1/approvals/${waits.id}/approve`, {})).status, 200)
  const { body } = await site.ask('GET', `/wallets?payer=${dance}`)
  assert.equal(body.items[0]?.['posted'], '150')
})

test('202: nor does the same request wait, sent to the other server under its key', async () => {
  const { art } = site.ids
  const [key, grant] = [randomUUID(), { payer: art, amount: '60', origin: 'gift' }]
  const told = await Promise.all([site.url, other.url].map((url) => send(url, 'ann', '/api/v1/grants', grant, key)))
  assert.deepEqual([told[0]?.status, told[0]?.text], [201, told[1]?.text])
  assert.equal((await send(other.url, 'ann', '/api/v1/grants', grant)).status, 202)
})

test('202: so do funds of a virtual lab', async () => {
  const id = randomUUID()
  await send(site.url, 'ann', '/account/system', { id: randomUUID(), name: 'system' })
  const made = await send(site.url, 'ann', '/account/virtual-lab', { id, name: 'lab' })
  assert.equal(made.status, 201, made.text)
  assert.equal((await send(site.url, 'ben', '/budget/top-up', { vlab_id: id, amount: 1 })).status, 200)
  const missing = await send(site.url, 'cat', '/budget/top-up', { vlab_id: randomUUID(), amount: 1 })
  assert.deepEqual([missing.status, missing.body.error_code], [404, 'ENTITY_NOT_FOUND'])
  const told = await atBoth(id, (url) => send(url, 'cat', '/budget/top-up', { vlab_id: id, amount: 30 }))
  assert.deepEqual(statusesOf(told), [200, 200, 200, 202, 202, 202, 202, 202])
})

test('202: and what is given back, from a wallet or of what is owed', async () => {
  const { chem, bio } = site.ids
  const usage = (project: string, id: string) => {
    const times = { startsAt: '2026-11-01T08:00:00Z', endsAt: '2026-11-01T09:00:00Z' }
    const quantities = { cpu_core_seconds: '360000' }
    return site.ask('POST', '/usage', { id, project, service: 'slurm', ...times, quantities })
  }
  await send(site.url, 'ben', '/api/v1/grants', { payer: chem, amount: '100', origin: 'gift' })
  const asked = { payer: chem, service: 'desk', amount: '50', minutes: 5 }
  const { body: held } = await site.ask('POST', '/reservations', asked)
  const { body: settled } = await site.ask('POST', `/reservations/${held.id}/settle`, { amount: '50' })
  assert.notEqual(numberOf('settlement', String(settled['charge'])), undefined)
  await usage(bio, 'owed')
  for (const [who, payer, of] of [
    ['ann', chem, String(settled['charge'])],
    ['cat', bio, 'owed'],
  ] as const) {
    const told = await atBoth(uuid(payer), (url) =>
      send(url, who, '/api/v1/refunds', { of, amount: '4', reason: 'a node failed' }),
    )
    assert.deepEqual(statusesOf(told), [201, 201, 202, 202, 202, 202, 202, 202], payer)
  }
})
