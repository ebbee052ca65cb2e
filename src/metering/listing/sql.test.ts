import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import type { Reader } from '../../database/reader.ts'
import { type FreshDatabase, freshDatabase } from '../../database/testing.ts'
import { noting } from '../../database/transaction.ts'
import { recordsPage } from './sql.ts'

let fresh: FreshDatabase
before(async () => (fresh = await freshDatabase()))
after(() => fresh.drop())

test('records of a source are found by an index, so that of a rare one not all records are read', async () => {
  const plan = await noting(fresh.database, async (client) => {
    await client.query(`create table metering.records_2026_11 partition of metering.records
                          for values from ('2026-11-01') to ('2026-12-01')`)
    // The tables are empty: to read them through would be cheapest.
    await client.query('set local enable_seqscan = off')
    const explaining: Reader = {
      query: ({ text, values = [] }) => client.query({ text: `explain ${text}`, values }),
    }
    const wanted = { scope: null, project: null, source: 'NOPE', period: null, before: null, limit: 10 }
    return JSON.stringify(await recordsPage(explaining, wanted))
  })
  assert.match(plan, /Index Cond: \(source = 'NOPE'/)
})
