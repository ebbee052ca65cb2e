import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { alone } from './alone.ts'
import { noteOfKeys, requireOwnKeys } from './own-keys.ts'
import { type FreshHouse, freshHouse, newKeys } from './testing.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
})
after(() => fresh.drop())

test('a house goes on only under a key that its history knows', async () => {
  const { database, keys } = fresh.house
  const others = newKeys()
  await requireOwnKeys(database.pool, others)
  await alone(fresh.house, { principal: 'tester', key: randomUUID(), command: 'test', input: null }, async () => 'done')
  await requireOwnKeys(database.pool, keys)
  await assert.rejects(() => requireOwnKeys(database.pool, others), /is marked with the seal key/)
  assert.equal(await noteOfKeys(database.pool, keys), undefined)
  const both = { ...others, known: new Map([...others.known, ...keys.known]) }
  await requireOwnKeys(database.pool, both)
  assert.match((await noteOfKeys(database.pool, both)) ?? '', /from now on, and not with .* as before: keep both/)
})
