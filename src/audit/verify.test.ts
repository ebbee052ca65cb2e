import { strict as assert } from 'node:assert'
import { after, before, beforeEach, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { operationColumns } from '../operations/operation.ts'
import { newKeys, type FreshHouse } from '../operations/testing.ts'
import type { Check } from './check.ts'
import { lastHead } from './heads.ts'
import { seal } from './seal.ts'
import { sample, sampleHouse, sealAll, sampleOperation, write } from './testing.ts'
import { type PublishedHead, verifyHistory } from './verify.ts'

let fresh: FreshHouse
const operations: number[] = []
before(async () => {
  fresh = await sampleHouse()
  for (let block = 0; block < 3; block++) {
    for (let count = 0; count < 3; count++) operations.push(await sampleOperation(fresh.house, 2))
    await sealAll(fresh.house)
  }
  // Whoever writes past the house would do the same.
  await write(
    fresh.house,
    `alter table audit.seals disable trigger all, drop constraint seals_position_check;
     alter table audit.blocks disable trigger all`,
  )
})
after(() => fresh.drop())
beforeEach(async () => assert.deepEqual(await faultsOf(), []))

async function faultsOf(published?: PublishedHead): Promise<Check[]> {
  const checks = await Array.fromAsync(verifyHistory(fresh.house, [sample], published))
  return checks.filter(({ ok }) => !ok)
}

/** Does something to history, answers what verify says, and puts it back. */
async function faultsAfter(change: string, undo: string, published?: PublishedHead): Promise<string> {
  await write(fresh.house, change)
  const faults = await faultsOf(published)
  await write(fresh.house, undo)
  return faults.map(({ name, detail }) => `${name}: ${detail}`).join('\n')
}

/** Another value of the same type: one bit, digit or letter of it differs. */
const otherValue: Readonly<Record<string, string>> = {
  bigint: '# + 1',
  integer: '# + 1',
  smallint: '# + 1',
  numeric: '# + 0.000000001',
  xid8: `(#::text::bigint + 1)::text::xid8`,
  text: `overlay(# placing chr(ascii(#) ^ 1) from 1 for 1)`,
  bytea: 'set_byte(#, 0, get_byte(#, 0) ^ 1)',
  boolean: 'not #',
  date: '# + 1',
  uuid: `(overlay(#::text placing '1' from 1 for 1))::uuid`,
  json: `replace(#::text, 'cpu', 'cpv')::json`,
  'timestamp with time zone': `# + interval '1 millisecond'`,
}

async function otherText(table: string, column: string): Promise<string> {
  const [found] = await rows<{ type: string }>(
    fresh.database.pool,
    `select format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attname = $2`,
    [table, column],
  )
  const other = otherValue[found?.type ?? '']
  assert(other, `no other value of type ${found?.type}`)
  return other.replaceAll('#', column).replaceAll('^', '#')
}

async function findsEachByte(table: string, columns: readonly string[], where: string, wanted: RegExp) {
  await write(fresh.house, `create table sample.kept as select * from ${table} where ${where}`)
  for (const column of columns) {
    const change = `update ${table} set ${column} = ${await otherText(table, column)} where ${where}`
    const told = await faultsAfter(
      change,
      `delete from ${table} where ${where}; insert into ${table} select * from sample.kept`,
    )
    assert.match(told, wanted, `${table}.${column} was changed`)
  }
  await write(fresh.house, `drop table sample.kept`)
}

test('one byte changed in any column of an operation is found, and the operation named', async () => {
  const columns = operationColumns.filter((column) => column !== 'id')
  const wanted = new RegExp(`operation ${operations[4]} (was changed|is marked with)`)
  await findsEachByte('operations.operations', columns, `id = ${operations[4]}`, wanted)
})

test('one byte changed in any column of a block is found, and the block named', async () => {
  const columns = ['epoch', 'operations', 'root', 'previous', 'at', 'key_id', 'mac']
  await findsEachByte('audit.blocks', columns, 'number = 2', /block 2 (was changed|is marked with)/)
})

test('one byte changed in any column of a sealed table is found, and the operation and table named', async () => {
  const columns = sample.columns.filter((column) => !['id', 'operation', 'note'].includes(column))
  const wanted = new RegExp(`sample.lines.*operation ${operations[4]}: its rows were changed`)
  await findsEachByte(sample.name, columns, `operation = ${operations[4]}`, wanted)
})

test('a number changed in a seal, or the number of a block or operation, is found and the block named', async () => {
  const id = operations[4]
  const changes: [string, string, RegExp][] = [
    [
      'update audit.seals set operation = 888888 where operation = #',
      'update audit.seals set operation = # where operation = 888888',
      /operation 888888, sealed in block 2, is missing/,
    ],
    [
      'update audit.seals set block = 3, position = 9 where operation = #',
      'update audit.seals set block = 2, position = 1 where operation = #',
      /block 2 has no operation at place 1/,
    ],
    [
      'update audit.blocks set number = 7 where number = 2',
      'update audit.blocks set number = 2 where number = 7',
      /blocks 2 to 2 are missing/,
    ],
    [
      'update operations.operations set id = 888888 where id = #',
      'update operations.operations set id = # where id = 888888',
      /operation #, sealed in block 2, is missing/,
    ],
    [
      'update audit.head set block = 2',
      'update audit.head set block = 3',
      /the head of the chain is block 2, and its last block is 3/,
    ],
  ]
  for (const [change, undo, wanted] of changes) {
    const told = await faultsAfter(change.replace('#', String(id)), undo.replace('#', String(id)))
    assert.match(told, new RegExp(wanted.source.replace('#', String(id))))
  }
})

test('a row moved to another operation, removed, or doubled is found, and the operation named', async () => {
  const [from, to] = [operations[0] as number, operations[8] as number]
  const first = `id = (select min(id) from sample.lines where operation = ${from})`
  const keep = `create table sample.moved as select * from sample.lines where ${first}`
  const back = `delete from sample.lines where id in (select id from sample.moved); insert into sample.lines select * from sample.moved; drop table sample.moved`
  const moved = await faultsAfter(`${keep}; update sample.lines set operation = ${to} where ${first}`, back)
  assert.match(moved, new RegExp(`operation ${from} wrote 2 rows, and 1 are here; operation ${to} wrote 2 rows, and 3`))
  const removed = await faultsAfter(`${keep}; delete from sample.lines where ${first}`, back)
  assert.match(removed, new RegExp(`sample.lines.*operation ${from} wrote 2 rows, and 1 are here`))
  const nobody = await faultsAfter(`${keep}; update sample.lines set operation = 999999 where ${first}`, back)
  assert.match(nobody, /operation 999999 wrote nothing here, and 1 rows name it/)
})

test('two seals exchanged are found, and the block named', async () => {
  const [one, two] = [operations[3] as number, operations[4] as number]
  const exchange = `update audit.seals set position = -1 where operation = ${one};
    update audit.seals set position = 0 where operation = ${two}; update audit.seals set position = 1 where operation = ${one}`
  const undo = `update audit.seals set position = 5 where operation = ${one};
    update audit.seals set position = 1 where operation = ${two}; update audit.seals set position = 0 where operation = ${one}`
  const told = await faultsAfter(
    `alter table audit.seals drop constraint if exists seals_position_check; ${exchange}`,
    undo,
  )
  assert.match(told, /block 2: its operations are not those it sealed, or in another order/)
})

test('an operation taken out of the middle is found and named, with its seal and without', async () => {
  const id = operations[4] as number
  const keep = `create table sample.op as select * from operations.operations where id = ${id};
    create table sample.se as select * from audit.seals where operation = ${id}`
  const back = `delete from audit.seals where operation = ${id}; insert into audit.seals select * from sample.se;
    insert into operations.operations select * from sample.op; drop table sample.op; drop table sample.se`
  const alone = await faultsAfter(`${keep}; delete from operations.operations where id = ${id}`, back)
  assert.match(alone, new RegExp(`operation ${id}, sealed in block 2, is missing`))
  const both = await faultsAfter(
    `${keep}; delete from operations.operations where id = ${id}; delete from audit.seals where operation = ${id}`,
    back,
  )
  assert.match(both, /block 2 has no operation at place 1/)
  assert.match(both, new RegExp(`sample.lines.*operation ${id} wrote nothing here, and 2 rows name it`))
})

test('an operation copied in between is found and named', async () => {
  const change = `insert into operations.operations
    select 999999, epoch, xid, principal, 'forged', command, input_digest, status, answer, digests, at, key_id, mac
      from operations.operations where id = ${operations[2]}`
  const told = await faultsAfter(change, `delete from operations.operations where id = 999999`)
  assert.match(told, /operation 999999 was changed: its mark does not fit/)
  assert.match(told, /operation 999999 is older than what is sealed/)
})

test('a cut tail is seen only with a published head, and then said so', async () => {
  const head = lastHead(fresh.house.keys.headsFile)
  assert(head)
  const published = { head, from: 'heads.jsonl' }
  assert.deepEqual(await faultsOf(published), [])
  const tail = `operation in (select operation from audit.seals where block = 3)`
  const keep = `create table sample.o as select * from operations.operations where id in (select operation from audit.seals where block = 3);
    create table sample.l as select * from sample.lines where ${tail};
    create table sample.s as select * from audit.seals where block = 3; create table sample.b as select * from audit.blocks where number = 3`
  const cut = `${keep}; delete from sample.lines where ${tail}; delete from operations.operations where id in (select id from sample.o);
    delete from audit.seals where block = 3; delete from audit.blocks where number = 3; update audit.head set block = 2`
  const back = `insert into operations.operations select * from sample.o; insert into sample.lines select * from sample.l;
    insert into audit.blocks select * from sample.b; insert into audit.seals select * from sample.s; update audit.head set block = 3`
  await write(fresh.house, cut)
  assert.deepEqual(await faultsOf(), [])
  assert.match(
    (await faultsOf(published))[0]?.detail ?? '',
    /the chain ends at block 2, and block 3 was published: its tail was cut off/,
  )
  // The sealer sees it too, and does not publish over it.
  assert.match((await seal(fresh.house)).warning ?? '', /ends with block 3, which this database does not hold/)
  await write(fresh.house, back)
})

test('a head that somebody else signed, or changed, is refused', async () => {
  const head = lastHead(fresh.house.keys.headsFile)
  assert(head)
  const [changed] = await faultsOf({
    head: { ...head, root: head.root.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
    from: 'x',
  })
  assert.match(changed?.detail ?? '', /not signed by this house: it was changed/)
})

test('history marked with a key that is not here is said so', async () => {
  const other = { ...fresh.house, keys: newKeys() }
  const [first] = await Array.fromAsync(verifyHistory(other, []))
  assert.match(first?.detail ?? '', /block 1 is marked with key [0-9a-f]{8}, which is not here/)
})
