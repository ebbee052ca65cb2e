import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { copyBytes, copyText, timestampText } from './copy-text.ts'
import { copyOut } from './copy.ts'
import { row, rows } from './reader.ts'
import { type FreshDatabase, freshDatabase } from './testing.ts'
import { append, closeWriter, execute, newWriter, type SealedTable, type Writer } from './writer.ts'

let fresh: FreshDatabase
const table: SealedTable = {
  name: 'sample.lines',
  columns: ['id', 'operation', 'name', 'amount', 'quantity', 'at', 'day', 'hash', 'final', 'party'],
}
before(async () => {
  fresh = await freshDatabase()
  const client = await fresh.database.pool.connect()
  await client.query(`begin read write; create schema sample;
    create table sample.lines (
      id bigint primary key, operation bigint not null, name text, amount numeric(38,9) not null, quantity numeric not null,
      at timestamptz not null, day date not null, hash bytea not null, final boolean not null, party uuid not null,
      constraint amount_is_positive check (amount > 0)); commit`)
  client.release()
})
after(() => fresh.drop())

let operation = 0n
/** A transaction with a Writer, as operations make it, and what was digested in it. */
async function written(work: (writer: Writer) => Promise<void>) {
  const client = await fresh.database.pool.connect()
  try {
    await client.query('begin read write')
    const writer = newWriter(client, (operation += 1n), new Date())
    await work(writer)
    await client.query('commit')
    return { operation, digests: closeWriter(writer) }
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

const line = (writer: Writer, name: string | null, amount = '1.500000000', ms = 0, hash = Buffer.alloc(1)) =>
  [
    writer.nextId(),
    writer.operation,
    copyText(name),
    amount,
    '12.5',
    timestampText(ms),
    '2026-11-01',
    copyBytes(hash),
    'f',
    '0b54d7a8-9f6c-4a53-b1d1-8f4b3a1f9c11',
  ].join('\t')

async function readBack(of: bigint): Promise<{ sha256: string; rows: number }> {
  const hash = createHash('sha256')
  const client = await fresh.database.pool.connect()
  const select = `select ${table.columns.join(', ')} from ${table.name} where operation = ${of} order by operation, id`
  const count = await copyOut(client, `copy (${select}) to stdout`, (text) => void hash.update(text))
  client.release()
  return { rows: count, sha256: hash.digest('hex') }
}

test('what is appended reads back byte for byte, whatever is in it', async () => {
  const anyText = fc.option(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed()))
  const anyTime = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  const anyLine = fc.tuple(anyText, anyTime, fc.uint8Array({ maxLength: 20 }))
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine, { minLength: 1, maxLength: 30 }), async (lines) => {
      const { operation: id, digests } = await written((writer) =>
        append(
          writer,
          table,
          lines.map(([name, at, hash]) => line(writer, name, '2.000000000', at.getTime(), Buffer.from(hash))),
        ),
      )
      assert.deepEqual(digests.get(table.name), await readBack(id))
      const names = await rows<{ name: string | null }>(
        fresh.database.pool,
        `select name from sample.lines where operation = $1 order by id`,
        [id],
      )
      assert.deepEqual(
        names.map(({ name }) => name),
        lines.map(([name]) => name),
      )
    }),
    { numRuns: 40 },
  )
})

test('several appends of one operation go on with one digest', async () => {
  const { operation: id, digests } = await written(async (writer) => {
    for (let page = 0; page < 3; page++) {
      await append(
        writer,
        table,
        Array.from({ length: 3000 }, (_, index) => line(writer, `page ${page} line ${index}`)),
      )
    }
    await append(writer, table, [])
  })
  assert.deepEqual(digests.get(table.name), await readBack(id))
  assert.equal(digests.get(table.name)?.rows, 9000)
})

test('a row that breaks a constraint says which, nothing is kept, and the connection goes on', async () => {
  await assert.rejects(
    written((writer) => append(writer, table, [line(writer, 'good'), line(writer, 'bad', '0.000000000')])),
    { code: '23514', constraint: 'amount_is_positive' },
  )
  const many = (writer: Writer) => Array.from({ length: 20_000 }, () => line(writer, 'x'.repeat(400), '0.000000000'))
  await assert.rejects(
    written((writer) => append(writer, table, many(writer))),
    { code: '23514', constraint: 'amount_is_positive' },
  )
  const found = await row<{ count: string }>(
    fresh.database.pool,
    `select count(*) from sample.lines where operation = $1`,
    [operation],
  )
  assert.equal(found?.count, '0')
})

test('a line that is no row is refused by the server, and says where', async () => {
  await assert.rejects(
    written((writer) => append(writer, table, ['1\t2'])),
    { code: '22P04' },
  )
})

test('a connection that is lost in the middle of appending is an error, not a wait', async () => {
  const other = await fresh.database.pool.connect()
  const lost = written(async (writer) => {
    const pid = (await rows<{ pid: number }>(writer, 'select pg_backend_pid() as pid'))[0]?.pid
    const lines = Array.from({ length: 200_000 }, () => line(writer, 'x'.repeat(400)))
    await Promise.all([append(writer, table, lines), rows(other, 'select pg_terminate_backend($1)', [pid])])
  })
  await assert.rejects(lost, (error: Error & { code?: string }) =>
    /terminat|reset|EPIPE|not queryable/i.test(`${error.message} ${error.code}`),
  )
  other.release()
})

test('a Writer ends with its operation, and ids tell their operation', async () => {
  let kept: Writer | undefined
  const { operation: id } = await written(async (writer) => {
    kept = writer
    assert.deepEqual([writer.nextId(), writer.nextId()], [operation << 20n, (operation << 20n) + 1n])
    assert.equal(await execute(writer, `insert into tasks.tasks (name, due_at) values ('x', now())`), 1)
  })
  assert.equal(id, operation)
  await assert.rejects(async () => execute(kept as Writer, 'select 1'), /the operation of this Writer has ended/)
})

test('numbers, dates and times come as PostgreSQL prints them', async () => {
  const found = await row<Record<string, unknown>>(
    fresh.database.pool,
    `select 1.50::numeric as a, 9007199254740993::int8 as b, date '2026-11-01' as c, timestamptz '2026-11-21 08:38:28.5+07' as d,
            current_setting('timezone') as e, current_setting('datestyle') as f`,
  )
  assert.deepEqual(found, {
    a: '1.50',
    b: '9007199254740993',
    c: '2026-11-01',
    d: new Date('2026-11-21T01:38:28.500Z'),
    e: 'UTC',
    f: 'ISO, MDY',
  })
})
