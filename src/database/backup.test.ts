import { strict as assert } from 'node:assert'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { writeBackup } from './backup.ts'
import { row } from './reader.ts'
import { restoreBackup } from './restore.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'
import { noting } from './transaction.ts'

let fresh: FreshDatabase
before(async () => (fresh = await freshDatabase()))
after(() => fresh.drop())

/** The lines of a backup, as often as they are asked for. */
async function backedUp({ database }: FreshDatabase): Promise<() => AsyncGenerator<string>> {
  const parts: Buffer[] = []
  const kept = new Writable({
    write(part: Buffer, _, done) {
      parts.push(part)
      done()
    },
  })
  await writeBackup(database, null, kept, () => {})
  return async function* () {
    yield* Buffer.concat(parts).toString().split('\n')
  }
}

test('an output that is slower than the database is waited for, and nobody goes on listening to it', async () => {
  await noting(fresh.database, (client) =>
    client.query(`insert into metering.meters (name, kind, unit, description)
                  select 'm' || n, 'counter', 'one', repeat('x', 1000) from generate_series(1, 2000) n`),
  )
  let listeners = 0
  let writes = 0
  const slow = new Writable({
    highWaterMark: 1,
    write(_, __, done) {
      writes += 1
      listeners = Math.max(listeners, slow.listenerCount('close') + slow.listenerCount('error'))
      setImmediate(done)
    },
  })
  await writeBackup(fresh.database, null, slow, () => {})
  assert(writes > 20)
  assert(listeners <= 2, `${listeners} listeners`)
})

test('what is checked before a restore is checked again when nobody else can write, and a no leaves all as it was', async () => {
  const lines = await backedUp(fresh)
  const count = async () =>
    (await row<{ count: string }>(fresh.database.pool, 'select count(*)::text as count from metering.meters'))?.count
  const before = await count()
  assert.notEqual(before, '0')
  let asked = 0
  const check = async () => {
    asked += 1
    if (asked === 2) throw new Error('there are books by now')
  }
  const nothing = () => Promise.resolve()
  await assert.rejects(
    restoreBackup(fresh.database, lines(), check, nothing, () => {}),
    /there are books by now/,
  )
  assert.equal(await count(), before)
})

test('a restore that ends before its commit leaves no number behind, and the next one sets them all', async (t) => {
  const [from, into] = [await freshDatabase(), await freshDatabase()]
  t.after(() => Promise.all([from.drop(), into.drop()]))
  await noting(from.database, (client) =>
    client.query(`select nextval('operations.operation_ids') from generate_series(1, 7)`),
  )
  const lines = await backedUp(from)
  const restored = (finish: () => Promise<void>) => {
    return restoreBackup(
      into.database,
      lines(),
      () => Promise.resolve(),
      finish,
      () => {},
    )
  }
  const numbers = ({ database }: FreshDatabase) =>
    row(database.pool, 'select last_value::text as last, is_called as called from operations.operation_ids')
  const before = await numbers(into)
  await assert.rejects(
    restored(() => Promise.reject(new Error('killed'))),
    /killed/,
  )
  assert.deepEqual(await numbers(into), before)
  await restored(() => Promise.resolve())
  assert.deepEqual(await numbers(into), { last: '7', called: true })
  assert.deepEqual(await numbers(into), await numbers(from))
})
