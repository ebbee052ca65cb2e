import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { row } from '../database/reader.ts'
import { execute } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { alone, nothing } from './alone.ts'
import { type FreshHouse, freshHouse } from './testing.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
})
after(() => fresh.drop())

const call = (key: string, input: unknown = {}) => ({ principal: 'tester', key, command: 'test', input })
const operationsOf = async (key: string) =>
  Number(
    (
      await row<{ count: string }>(
        fresh.database.pool,
        `select count(*) from operations.operations where idempotency_key = $1`,
        [key],
      )
    )?.count,
  )

test('a write outside an operation is refused by the database itself', async () => {
  await assert.rejects(fresh.database.pool.query('delete from operations.operations'), { code: '25006' })
})

test('the same key and input again answer the same and run nothing', async () => {
  let runs = 0
  const work = async () => ({ runs: ++runs })
  assert.deepEqual(await alone(fresh.house, call('same', { b: 1, a: 2 }), work), { runs: 1 })
  assert.deepEqual(await alone(fresh.house, call('same', { a: 2, b: 1 }), work), { runs: 1 })
  assert.equal(runs, 1)
})

test('the same key with another input is refused', async () => {
  await alone(fresh.house, call('other', 1), async () => 'first')
  await assert.rejects(
    alone(fresh.house, call('other', 2), async () => 'second'),
    (error) => error instanceof Problem && error.type === 'idempotency-key-reused',
  )
})

test('a refusal rolls everything back, is not stored, and is decided anew', async () => {
  const refused = alone(fresh.house, call('refused'), async (writer) => {
    await execute(writer, `insert into tasks.tasks (name, due_at) values ('refused', now())`)
    throw new Problem('not-found')
  })
  await assert.rejects(refused, (error) => error instanceof Problem)
  assert.equal(await operationsOf('refused'), 0)
  assert.equal(await alone(fresh.house, call('refused'), async () => 'now'), 'now')
})

test('work that has nothing to do leaves no operation', async () => {
  const answer: undefined = await alone(fresh.house, call('idle'), async () => nothing)
  assert.equal(answer, undefined)
  assert.equal(await operationsOf('idle'), 0)
})
