import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { prefixOf } from './key.ts'
import { revokeKey } from './key-commands.ts'
import { type Guarded, newKey, openGuarded } from './testing.ts'

let fresh: FreshHouse
let opened: Guarded[] = []
before(async () => {
  fresh = await freshHouse()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((guarded) => guarded.close()))
})
after(() => fresh.drop())

async function open(wishes: Parameters<typeof openGuarded>[1] = {}): Promise<Guarded> {
  const guarded = await openGuarded(fresh.house, wishes)
  opened = [...opened, guarded]
  return guarded
}
const bearer = (key: string) => `Bearer ${key}`
const keyRow = async (key: string) =>
  (
    await rows<{ id: string; text: string }>(
      fresh.database.pool,
      `select id, keys::text as text from access.keys where prefix = $1`,
      [prefixOf(key)],
    )
  )[0]
const revoke = async (key: string) =>
  revokeKey(fresh.house, { principal: 'tester', key: randomUUID() }, BigInt((await keyRow(key))?.id ?? 0))

test('a revocation holds at once where it was made, and within a second in another process', async () => {
  let now = 1_000_000_000_000
  const [here, elsewhere] = [await open(), await open({ now: () => now })]
  const [admin, key] = [await newKey(fresh.house), await newKey(fresh.house)]
  for (const { ask } of [here, elsewhere]) assert.equal((await ask(bearer(key))).status, 200)
  const id = `key_${(await keyRow(key))?.id}`
  assert.equal((await here.ask(bearer(admin), `/api/v1/keys/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await here.ask(bearer(key))).status, 401)
  now += 1000
  assert.equal((await elsewhere.ask(bearer(key))).status, 401)
  assert.equal((await here.ask(bearer(admin), `/api/v1/keys/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await here.ask(bearer(admin), '/api/v1/keys/key_1', { method: 'DELETE' })).status, 404)
})

test('a revocation holds at once also where its revision was being read at that moment', async () => {
  const { pool } = fresh.database
  let arrived = (): void => {}
  const reading = new Promise<void>((resolve) => (arrived = resolve))
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  let hold = false
  const slow = new Proxy(pool, {
    get: (target, name) =>
      name === 'query'
        ? async (config: { text: string }) => {
            const answer = await pool.query(config)
            if (!hold || !config.text.includes('access.revision')) return answer
            hold = false
            arrived()
            await held
            return answer
          }
        : (Reflect.get(target, name) as unknown),
  })
  const guarded = await openGuarded({ ...fresh.house, database: { ...fresh.database, pool: slow } })
  const key = await newKey(fresh.house)
  assert.equal((await guarded.ask(bearer(key))).status, 200)
  guarded.doorkeeper.forget()
  hold = true
  const before = guarded.ask(bearer(key))
  await reading
  await revoke(key)
  guarded.doorkeeper.forget()
  release()
  await before
  assert.equal((await guarded.ask(bearer(key))).status, 401)
  await guarded.close()
})

test('a key that is asked with again and again is revoked, expires and stays secret like any other', async () => {
  let now = Date.now()
  const { ask } = await open({ now: () => now })
  const [admin, key] = [await newKey(fresh.house), await newKey(fresh.house)]
  const brief = await newKey(fresh.house, { expiresAt: new Date(now + 500) })
  const often = async (authorization: string) => {
    for (let time = 0; time < 5; time += 1) assert.equal((await ask(authorization)).status, 200)
  }
  for (const each of [bearer(admin), bearer(key), bearer(brief), `bearer  ${key}`]) await often(each)
  await often(`Basic ${Buffer.from(`somebody:${key}`).toString('base64')}`)
  await often(bearer(key))
  const other = key.endsWith('a') ? 'b' : 'a'
  assert.equal((await ask(bearer(`${key.slice(0, -1)}${other}`))).status, 401)
  assert.equal((await ask(bearer(`${key}${other}`))).status, 401)
  await often(bearer(key))
  now += 600
  assert.equal((await ask(bearer(brief))).status, 401)
  const id = `key_${(await keyRow(key))?.id}`
  assert.equal((await ask(bearer(admin), `/api/v1/keys/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await ask(bearer(key))).status, 401)
})
