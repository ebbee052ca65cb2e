import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { lateIndexing } from './late-index.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'
import { noting } from './transaction.ts'

let fresh: FreshDatabase
before(async () => {
  fresh = await freshDatabase()
  await written(`create schema late;
    create table late.parts (id bigint, place text, primary key (id, place)) partition by list (place);
    create table late.parts_a partition of late.parts for values in ('a');
    create table late.parts_b partition of late.parts for values in ('b');
    insert into late.parts select n, 'a' from generate_series(1, 10000) n;
    insert into late.parts values (1, 'b')`)
})
after(() => fresh.drop())

const written = (text: string) => noting(fresh.database, (client) => client.query(text))
const indexes = async () =>
  (
    await fresh.database.pool.query<{ name: string }>(
      `select indexname as name from pg_indexes where schemaname = 'late' and indexname like '%by%' order by 1`,
    )
  ).rows.map(({ name }) => name)

test('a part that is large and grows slowly gets its index, once; a small one gets none', async () => {
  const look = lateIndexing(fresh.database, [{ table: 'late.parts', columns: ['place', 'id'] }], 100_000)
  const said: string[] = []
  const turn = { signal: new AbortController().signal, progress: async (text: string) => void said.push(text) }
  await look(turn)
  assert.deepEqual(await indexes(), [], 'it may still be loaded')
  await written(`insert into late.parts select n, 'a' from generate_series(10001, 20000) n`)
  await look(turn)
  assert.deepEqual(await indexes(), [], 'it grew by as much again')
  await look(turn)
  assert.deepEqual(await indexes(), ['parts_a_by_place_id'])
  await look(turn)
  assert.deepEqual(said, ['late.parts_a by place and id'])
})

test('where others write for long it is left for the next time', async () => {
  const look = lateIndexing(fresh.database, [{ table: 'late.parts', columns: ['id'] }], 100_000)
  const turn = { signal: new AbortController().signal, progress: async () => {} }
  await look(turn)
  await noting(fresh.database, async (client) => {
    await client.query(`insert into late.parts values (30000, 'a')`)
    await look(turn)
  })
  assert.deepEqual(await indexes(), ['parts_a_by_place_id'])
  await look(turn)
  assert.deepEqual(await indexes(), ['parts_a_by_id', 'parts_a_by_place_id'])
})
