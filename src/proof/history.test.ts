import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { sealAll, write } from '../audit/testing.ts'
import { seal } from '../audit/seal.ts'
import { row } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse, insertOperation } from '../operations/testing.ts'
import { proveBooks } from './commands.ts'

let fresh: FreshHouse
before(async () => (fresh = await freshHouse()))
after(() => fresh.drop())

const wrong = async () =>
  (await Array.fromAsync(proveBooks(fresh.house))).filter(({ ok }) => !ok).map(({ name }) => name)

test('a dump that is put back into a younger server is proved before anything is sealed there; a moved head is not', async () => {
  const call = { principal: 'tester', key: 'first', command: 'first', input: null }
  await alone(fresh.house, call, () => Promise.resolve(null))
  await sealAll(fresh.house)
  const last = await row<{ xid: string; id: string }>(
    fresh.database.pool,
    `select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000)::text as xid,
            (select last_value from operations.operation_ids)::text as id`,
  )
  assert(last)
  // The sealer waits for a number that is far off: with no operation near it, somebody has moved it there.
  await write(fresh.house, `update audit.head set next_watermark = watermark, next_xid = '${last.xid}'::xid8`)
  assert.deepEqual(await wrong(), ['the sealer knows how far it came'])

  const told = { epoch: 1, principal: 'tester', command: 'far', at: Date.now(), status: 200, answer: 'null' }
  const far = { ...told, id: BigInt(last.id) + 1n, xid: last.xid, key: 'far', inputDigest: '00'.repeat(32) }
  await insertOperation(fresh.house, { ...far, digests: '{}' })
  await write(fresh.house, `select setval('operations.operation_ids', ${far.id})`)
  assert.deepEqual(await wrong(), [])

  await write(fresh.house, `update audit.head set watermark = ${far.id}, next_watermark = ${far.id}`)
  assert.deepEqual(await wrong(), ['the sealer knows how far it came'], 'the watermark passes over an operation')
  await write(fresh.house, `update audit.head set watermark = 0, next_watermark = 0`)

  await seal({ ...fresh.house, database: { ...fresh.database } })
  await sealAll(fresh.house)
  assert.deepEqual(await wrong(), [])
})
