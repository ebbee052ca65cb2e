import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { openPool } from '../database/pool.ts'
import { row, rows } from '../database/reader.ts'
import type { SealedTable } from '../database/writer.ts'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { type FreshHouse, insertOperation } from '../operations/testing.ts'
import { parseHead } from './head.ts'
import { seal, sealingLag } from './seal.ts'
import { sample, sampleHouse, sealAll, sampleOperation, write } from './testing.ts'
import { verifyHistory } from './verify.ts'

let fresh: FreshHouse
let second: House
const tables: SealedTable[] = [sample]
before(async () => {
  fresh = await sampleHouse()
  // As another process would have it: a pool of its own.
  second = { ...fresh.house, database: { ...fresh.database, pool: openPool(fresh.url, 4) } }
})
after(async () => {
  await second.database.pool.end()
  await fresh.drop()
})

async function assertWhole() {
  for await (const { name, ok, detail } of verifyHistory(fresh.house, tables)) assert(ok, `${name}: ${detail}`)
}

const blockOf = async (operation: number) =>
  (await row<{ block: string }>(fresh.database.pool, `select block from audit.seals where operation = $1`, [operation]))
    ?.block

test('two sealers at once seal everything once, in one chain', async () => {
  const written = Array.from({ length: 40 }, () => sampleOperation(fresh.house, 1))
  const sealed = Array.from({ length: 20 }, (_, index) => seal(index % 2 ? fresh.house : second))
  await Promise.all([...written, ...sealed])
  await sealAll(second)
  await assertWhole()
  const lines = readFileSync(fresh.house.keys.headsFile, 'utf8').trimEnd().split('\n')
  const published = lines.map((line) => parseHead(line)?.block)
  assert.deepEqual(
    published,
    published.map((_, index) => index + 1),
  )
})

test('an operation that is slow to commit is not overtaken: what began after it waits for it', async () => {
  let commit = (): void => {}
  let begun = (): void => {}
  const isBegun = new Promise<void>((resolve) => (begun = resolve))
  const mayCommit = new Promise<void>((resolve) => (commit = resolve))
  const call = { principal: 'tester', key: 'slow', command: 'slow', input: null }
  const slow = alone(fresh.house, call, async (writer) => {
    begun()
    await mayCommit
    return Number(writer.operation)
  })
  await isBegun
  const quick = await sampleOperation(fresh.house, 1)
  for (let count = 0; count < 3; count++) await seal(second)
  const [block, lag] = [await blockOf(quick), await sealingLag(fresh.house)]
  commit()
  assert.equal(block, undefined)
  assert.equal(lag.operations, 1)
  const slowId = await slow
  await sealAll(second)
  assert.equal(await blockOf(slowId), await blockOf(quick))
  await assertWhole()
})

test('the watermark follows, so that sealed operations are not looked at again', async () => {
  const last = await sampleOperation(fresh.house, 1)
  for (let count = 0; count < 3; count++) {
    await sealAll(fresh.house)
    await sampleOperation(fresh.house, 1)
  }
  const head = await row<{ watermark: string }>(fresh.database.pool, `select watermark from audit.head`)
  assert(Number(head?.watermark) >= last)
  await sealAll(fresh.house)
  await assertWhole()
})

test('a database restored into a younger server begins a new epoch, and everything before stays provable', async () => {
  await sampleOperation(fresh.house, 1)
  await sealAll(fresh.house)
  // As a dump would be found there: what was written bears numbers that this server has not reached yet.
  const far = await row<{ xid: string }>(
    fresh.database.pool,
    `select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000)::text as xid`,
  )
  const unsealed = await operationWithXid(far?.xid as string)
  const restarted = { ...fresh.house, database: { ...fresh.database } }
  await seal(restarted)
  assert.notEqual(await blockOf(unsealed), undefined)
  const [epoch] = await rows<{ epoch: number }>(fresh.database.pool, `select epoch from operations.epoch`)
  assert.equal(epoch?.epoch, 2)
  const later = await sampleOperation(fresh.house, 1)
  await sealAll(fresh.house)
  assert.notEqual(await blockOf(later), undefined)
  await assertWhole()
})

/** An operation as one of another server. */
async function operationWithXid(xid: string): Promise<number> {
  const id = 500_000n
  const told = { id, epoch: 1, xid, principal: 'tester', key: 'far', command: 'far', at: Date.now(), status: 200 }
  await insertOperation(fresh.house, { ...told, inputDigest: '00'.repeat(32), answer: 'null', digests: '{}' })
  await write(fresh.house, `select setval('operations.operation_ids', 500000)`)
  return Number(id)
}

test('the database refuses a seal whose block is not there', async () => {
  const last = await sampleOperation(fresh.house, 1)
  await sealAll(fresh.house)
  const refused = { constraint: 'seal_is_of_a_block' }
  const fresher = `insert into audit.seals (operation, block, position) values (${last + 1}, 999999, 0)`
  await assert.rejects(write(fresh.house, fresher), refused)
  await assert.rejects(write(fresh.house, `update audit.seals set block = 999999 where operation = ${last}`), refused)
  const block = await blockOf(last)
  await assert.rejects(write(fresh.house, `delete from audit.blocks where number = ${block}`), refused)
  await assert.rejects(write(fresh.house, `update audit.blocks set number = 999999 where number = ${block}`), refused)
})

test('the newest head goes to the webhook, and again after it failed', async () => {
  const bodies: unknown[] = []
  let refuse = true
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => bodies.push(JSON.parse(body)))
    request.on('end', () => response.writeHead(refuse ? 500 : 200).end())
  }).listen(0)
  const headWebhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const house = { ...fresh.house, keys: { ...fresh.house.keys, headWebhook } }
  await sampleOperation(house, 1)
  await sealAll(house)
  const refused = bodies.length
  refuse = false
  await seal(house)
  await seal(house)
  server.close()
  assert(refused > 0)
  assert.equal(bodies.length, refused + 1)
  assert.deepEqual(bodies.at(-2), bodies.at(-1))
})

test('a chain whose tail was cut and that went on is told of as soon as it is sealed', async () => {
  const cut = await sampleHouse()
  for (let count = 0; count < 2; count += 1) {
    await sampleOperation(cut.house, 1)
    await sealAll(cut.house)
  }
  const [last] = await rows<{ operation: string }>(
    cut.database.pool,
    `select operation from audit.seals where block = 2`,
  )
  await write(
    cut.house,
    `delete from audit.seals where block = 2; delete from audit.blocks where number = 2;
     delete from operations.operations where id = ${last?.operation}; update audit.head set block = 1`,
  )
  assert.match((await seal(cut.house)).warning ?? '', /ends with block 2, which this database does not hold/)
  await sampleOperation(cut.house, 1)
  await sealAll(cut.house)
  assert.match((await seal(cut.house)).warning ?? '', /ends with block 2, which this database holds otherwise/)
  await cut.drop()
})
