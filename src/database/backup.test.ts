import { strict as assert } from 'node:assert'
import { Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import { writeBackup } from './backup.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'

let fresh: FreshDatabase
before(async () => (fresh = await freshDatabase()))
after(() => fresh.drop())

test('an output that is slower than the database is waited for, and nobody goes on listening to it', async () => {
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
