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

test('429: after five failures nobody looks, but a key that was good a moment ago is not held up', async () => {
  let now = Date.now()
  const { ask } = await open({ now: () => now })
  const [known, fresher] = [bearer(await newKey(fresh.house)), bearer(await newKey(fresh.house))]
  await ask(known)
  const statuses: number[] = []
  for (let count = 0; count < 7; count += 1) statuses.push((await ask('Bearer nonsense')).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
  const held = await ask(fresher)
  assert.deepEqual([held.status, held.body.type], [429, '/problems/too-many-failures'])
  assert.match(held.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/)
  assert.equal((await ask()).status, 401)
  assert.equal((await ask(known)).status, 200)
  assert.equal((await ask(fresher)).status, 200, 'a success ends the count')
  for (let count = 0; count < 5; count += 1) await ask('Bearer nonsense')
  now += 60_000
  assert.equal((await ask(bearer(await newKey(fresh.house)))).status, 200)
})

test('429: an address is the one that a trusted proxy passes on, and nobody else can claim one', async () => {
  const direct = await open()
  const proxied = await open({ server: { trustedProxy: '127.0.0.1' } })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
  for (let count = 0; count < 5; count += 1) {
    await direct.ask('Bearer nonsense', undefined, from(`10.0.0.${count}`))
    await proxied.ask('Bearer nonsense', undefined, from('10.0.0.1'))
  }
  const key = bearer(await newKey(fresh.house))
  assert.equal((await direct.ask(key, undefined, from('10.0.0.9'))).status, 429)
  assert.equal((await proxied.ask(key, undefined, from('10.0.0.1'))).status, 429)
  assert.equal((await proxied.ask(key, undefined, from('10.0.0.2'))).status, 200)
})
