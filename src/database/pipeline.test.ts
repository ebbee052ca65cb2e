import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import type { PoolClient } from 'pg'
import { isBreachOf } from './refusals.ts'
import { Pipeline } from './pipeline.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'
import { changeExactly, executeLater, newWriter, queueRows, sendRows } from './writer.ts'

let fresh: FreshDatabase
let client: PoolClient
let line: Pipeline

before(async () => {
  fresh = await freshDatabase()
  client = await fresh.database.pool.connect()
  line = new Pipeline(client)
  await line.query({ text: 'begin read write' })
  await line.query({ text: 'create table things (id integer constraint thing_is_new primary key, word text)' })
  await line.query({ text: 'commit' })
})
after(async () => {
  line.release(new Error('the test is over'))
  await fresh.drop()
})

const begin = () => line.later({ text: 'begin read write', name: 'begin' })
const count = async () => (await line.query({ text: 'select count(*)::integer as n from things' })).rows
const rollback = () => line.query({ text: 'rollback' })

test('statements that were put off go out with the next, in order, and each answers for itself', async () => {
  const order = [begin(), line.later({ text: `insert into things values (1, 'one'), (2, null)`, name: 'insert' })]
  const { rows } = await line.query({ text: 'select * from things where id = any ($1) order by id', values: [[1, 2]] })
  assert.deepEqual(rows, [
    { id: 1, word: 'one' },
    { id: 2, word: null },
  ])
  assert.equal((await order[1])?.rowCount, 2)
  await rollback()
})

test('a statement that was put off goes out by itself when nothing follows it', async () => {
  await begin()
  await rollback()
})

test('rows, a change and the commit go out together, and are there', async () => {
  void begin()
  const writer = newWriter(line, 1n, new Date(0))
  queueRows(writer, 'things (id, word)', ['3\tthree', '4\tfour'], String)
  await executeLater(writer, 'delete from things', [], 'delete')
  await sendRows(writer, [{ text: 'commit' }])
  assert.deepEqual(await count(), [{ n: 2 }])
})

test('after a statement that fails nothing is run, not even the commit, and everybody hears of its constraint', async () => {
  const writer = newWriter(line, 1n, new Date(0))
  void begin()
  queueRows(writer, 'things (id, word)', ['5\tfive', '3\tagain'], String)
  queueRows(writer, 'things (id, word)', ['6\tsix'], String)
  await assert.rejects(sendRows(writer, [{ text: 'commit' }]), (error) => isBreachOf(error, 'thing_is_new'))
  await rollback()
  assert.deepEqual(await count(), [{ n: 2 }])
})

test('rows that cannot be made stop what stands behind them, with the error of whoever made them', async () => {
  const writer = newWriter(line, 1n, new Date(0))
  const bug = () => {
    throw new Error('a bug')
  }
  void begin()
  queueRows(writer, 'things (id, word)', [7], bug)
  await assert.rejects(sendRows(writer, [{ text: 'commit' }]), /a bug/)
  await rollback()
  assert.deepEqual(await count(), [{ n: 2 }])
})

test('a change of more or fewer rows than expected is refused by the database before the commit', async () => {
  for (const [expected, id] of [
    [1, 99],
    [0, 3],
  ] as const) {
    const writer = newWriter(line, 1n, new Date(0))
    void begin()
    await changeExactly(
      writer,
      expected,
      `update things set word = 'changed' where id = $1`,
      [id],
      `update ${expected}`,
    )
    queueRows(writer, 'things (id, word)', [`${100 + id}\tmore`], String)
    await assert.rejects(sendRows(writer, [{ text: 'commit' }]), { code: '22012' })
    await rollback()
  }
  assert.deepEqual(await count(), [{ n: 2 }])
})

test('a named statement is found again after an exchange that failed before it', async () => {
  const named = { text: 'select 1 as one', name: 'one' }
  await assert.rejects(Promise.all([line.later({ text: 'select 1 / 0' }), line.query(named)]), { code: '22012' })
  assert.deepEqual((await line.query(named)).rows, [{ one: 1 }])
  assert.deepEqual((await line.query(named)).rows, [{ one: 1 }])
})
