import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { row, rows } from '../database/reader.ts'
import { execute, type Writer } from '../database/writer.ts'
import { alone, nothing } from './alone.ts'
import type { House } from './house.ts'
import { type FreshHouse, freshHouse } from './testing.ts'
import { lettingGo, trying } from './trial.ts'

let fresh: FreshHouse
before(async () => {
  fresh = await freshHouse()
})
after(() => fresh.drop())

let keys = 0
const call = () => ({ principal: 'tester', key: `trial ${(keys += 1)}`, command: 'test', input: {} })
const leaveMark = (writer: Writer, name: string) =>
  execute(writer, `insert into tasks.tasks (name, due_at) values ($1, now())`, [name])
const marks = async ({ database }: House, name: string) =>
  (await rows(database.pool, `select from tasks.tasks where name = $1`, [name])).length

test('operations of a trial see what those before them did, and nothing of it stays', async () => {
  const last = () => row<{ count: string }>(fresh.database.pool, 'select count(*) as count from operations.operations')
  const before = await last()
  const seen = await trying(fresh.house, async (house) => {
    await alone(house, call(), (writer) => leaveMark(writer, 'seen'))
    await assert.rejects(
      alone(house, call(), async (writer) => {
        await leaveMark(writer, 'failed')
        throw new Error('no')
      }),
      /no/,
    )
    await alone(house, call(), async (writer) => {
      await leaveMark(writer, 'nothing')
      return nothing
    })
    await alone(house, call(), (writer) => lettingGo(writer, () => leaveMark(writer, 'let go')))
    return await Promise.all(['seen', 'failed', 'nothing', 'let go'].map((name) => marks(house, name)))
  })
  assert.deepEqual(seen, [1, 0, 0, 0])
  assert.equal(await marks(fresh.house, 'seen'), 0)
  assert.deepEqual(await last(), before)
})

test('what is let go in a trial is kept by an operation', async () => {
  await alone(fresh.house, call(), (writer) => lettingGo(writer, () => leaveMark(writer, 'kept')))
  assert.equal(await marks(fresh.house, 'kept'), 1)
})

test('a trial ends as soon as somebody waits for what it holds', async () => {
  let real: Promise<unknown> = Promise.resolve()
  const tried = trying(fresh.house, async (house) => {
    await alone(house, call(), (writer) => leaveMark(writer, 'wanted'))
    real = alone(fresh.house, call(), (writer) => leaveMark(writer, 'wanted'))
    for (;;) await alone(house, call(), async (writer) => await execute(writer, 'select pg_sleep(0.01)'))
  })
  await assert.rejects(tried, { type: 'overloaded' })
  await real
  assert.equal(await marks(fresh.house, 'wanted'), 1)
})
