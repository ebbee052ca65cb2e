import { strict as assert } from 'node:assert'
import { after, afterEach, before, test } from 'node:test'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
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

test('429: after five failures in a minute nobody is told any more what was wrong; whoever is right gets in', async () => {
  let now = Date.now()
  const { ask } = await open({ now: () => now })
  const [known, fresher] = [bearer(await newKey(fresh.house)), bearer(await newKey(fresh.house))]
  await ask(known)
  const statuses: number[] = []
  for (let count = 0; count < 7; count += 1) statuses.push((await ask('Bearer nonsense')).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
  const held = await ask('Bearer nonsense')
  assert.equal(held.body.type, '/problems/too-many-failures')
  assert.match(held.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/)
  assert.equal((await ask()).status, 401)
  assert.equal((await ask(known)).status, 200)
  assert.equal((await ask(fresher)).status, 200)
  assert.equal((await ask('Bearer nonsense')).status, 429, 'a success does not end the count')
  now += 60_000
  assert.equal((await ask('Bearer nonsense')).status, 401)
})

test('200: a right key gets in, however often its public part was tried with another secret', async () => {
  const { ask } = await open()
  const key = await newKey(fresh.house)
  const wrong = bearer(`${key.slice(0, -43)}${'0'.repeat(43)}`)
  const other = bearer(await newKey(fresh.house))
  const statuses: number[] = []
  for (let count = 0; count < 7; count += 1) {
    statuses.push((await ask(wrong)).status)
    assert.equal((await ask(other)).status, 200)
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429], 'successes with another key buy no guesses')
  assert.equal((await ask(bearer(key))).status, 200)
})

test('429: failures are counted where they come from, by the address that a trusted proxy passes on', async () => {
  const direct = await open()
  const proxied = await open({ server: { trustedProxy: '127.0.0.1' } })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  for (let count = 0; count < 5; count += 1) {
    await direct.ask('Bearer nonsense', undefined, from(`10.0.0.${count}`))
    await proxied.ask('Bearer nonsense', undefined, from('10.0.0.1'))
  }
  assert.equal((await direct.ask('Bearer nonsense', undefined, from('10.0.0.9'))).status, 429)
  assert.equal((await proxied.ask('Bearer nonsense', undefined, from('10.0.0.1'))).status, 429)
  assert.equal((await proxied.ask('Bearer nonsense', undefined, from('10.0.0.2'))).status, 401)
})

test('429: who tries ever new keys from one address is held up, too; whoever is right gets in from there', async () => {
  const { ask } = await open()
  const key = bearer(await newKey(fresh.house))
  const statuses: number[] = []
  for (let count = 0; count < 22; count += 1) {
    const prefix = `guess${String(count).padStart(3, '0')}`
    statuses.push((await ask(bearer(`bsr_${prefix}_${'0'.repeat(43)}`))).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 20 }, () => 401), 429, 429])
  assert.equal((await ask(key)).status, 200)
})
