import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { freshDatabase } from '../src/database/testing.ts'
import { shapeOf } from './catalogue.ts'

test('the shape that is written down, fed to an empty database, makes the same shape', async () => {
  const fresh = await freshDatabase()
  const client = await fresh.database.pool.connect()
  try {
    const shape = await shapeOf(client)
    const schemas = [...shape.matchAll(/^create schema (\w+);$/gm)].map(([, schema]) => schema)
    assert.ok(schemas.includes('ledger'))

    await client.query('begin read write')
    await client.query(`drop schema ${schemas.join(', ')} cascade`)
    assert.equal(await shapeOf(client), '\n')
    await client.query(shape)
    assert.equal(await shapeOf(client), shape)

    await client.query('alter table ledger.transfers drop constraint amount_is_positive')
    assert.notEqual(await shapeOf(client), shape)
    await client.query('rollback')
  } finally {
    client.release()
    await fresh.drop()
  }
})
