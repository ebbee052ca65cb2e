import { type Reader, row, rows } from '../database/reader.ts'
import { operationColumns } from '../operations/operation.ts'
import type { Block } from './block.ts'

export type HeadRow = {
  block: string
  watermark: string
  next_watermark: string | null
  next_xid: string | null
  epoch: number
  last_id: string
}

/**
 * Whoever has the head's row seals; the last id given out is read before the snapshot that says who still runs. What is
 * sealed is told apart in one go in this transaction: PostgreSQL takes unsealed operations for few, and would look each up.
 */
export const lockHead = (reader: Reader) =>
  row<HeadRow>(
    reader,
    `select block, watermark, next_watermark, next_xid::text,
            (select epoch from operations.epoch) as epoch,
            (select last_value from operations.operation_ids) as last_id,
            set_config('enable_nestloop', 'off', true)
       from audit.head
        for no key update`,
  )

/** This transaction's own number: every transaction that had one before has a smaller one. */
export const ownNumber = (reader: Reader) =>
  row<{ xid: string; at: Date }>(
    reader,
    `select pg_current_xact_id()::text as xid, date_trunc('milliseconds', clock_timestamp()) as at`,
  )

const operationList = operationColumns.map((column) => `o.${column}`).join(', ')

/**
 * COPY of what can be sealed now: unsealed, and begun before every transaction that still runs, so that no slow
 * commit turns up behind. With `all`, what still runs is known to be nothing. Seals up to `after` are left out by name:
 * all of them would be gone through each time.
 */
export const copyUnsealed = (after: string, epoch: number, most: number, all: boolean): string =>
  `copy (
     select ${operationList}
       from operations.operations o
      where o.id > ${BigInt(after)} and o.epoch = ${Math.trunc(epoch)}
        and ${all ? 'true' : 'o.xid < pg_snapshot_xmin(pg_current_snapshot())'}
        and not exists (select from audit.seals s where s.operation = o.id and s.operation > ${BigInt(after)})
      order by o.xid, o.id
      limit ${Math.trunc(most)}
   ) to stdout`

/** Whether every transaction before that number has ended. */
export const hasEnded = async (reader: Reader, xid: string): Promise<boolean> =>
  (
    await row<{ ended: boolean }>(reader, `select $1::text::xid8 <= pg_snapshot_xmin(pg_current_snapshot()) as ended`, [
      xid,
    ])
  )?.ended === true

export const macOfBlock = (reader: Reader, number: string) =>
  row<{ mac: Buffer }>(reader, `select mac from audit.blocks where number = $1`, [number])

export const insertBlock = (reader: Reader, block: Block) =>
  rows(
    reader,
    `insert into audit.blocks (number, epoch, operations, root, previous, at, key_id, mac)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [block.number, block.epoch, block.operations, block.root, block.previous, block.at, block.keyId, block.mac],
  )

export const insertSeals = (reader: Reader, block: number, operations: readonly string[]) =>
  rows(
    reader,
    `insert into audit.seals (operation, block, position)
     select operation, $1, place - 1 from unnest($2::bigint[]) with ordinality as sealed (operation, place)`,
    // As one text: of ten thousand ids the driver would look at each.
    [block, `{${operations.join(',')}}`],
  )

export const moveHead = (reader: Reader, block: number) => rows(reader, `update audit.head set block = $1`, [block])

export const setWatermark = (reader: Reader, watermark: string, next: string | null, xid: string | null) =>
  rows(reader, `update audit.head set watermark = $1, next_watermark = $2, next_xid = $3::text::xid8`, [
    watermark,
    next,
    xid,
  ])

/**
 * Whether the database was restored from a dump into another server: what is visible here was written by a
 * transaction that this server has not had yet.
 */
export const isRestored = async (reader: Reader): Promise<boolean> =>
  (
    await row<{ restored: boolean }>(
      reader,
      `select exists (
         select from (select xid, epoch from operations.operations order by id desc limit 10000) newest
           join operations.epoch using (epoch)
          where xid >= pg_snapshot_xmax(pg_current_snapshot())
       ) as restored`,
    )
  )?.restored === true

/** Waits until no transaction has an operation under way, and lets none begin to write one. */
export const stopWriters = (reader: Reader) => rows(reader, `lock table operations.operations in exclusive mode`)

export const endEpoch = (reader: Reader) => rows(reader, `update operations.epoch set epoch = epoch + 1`)

export type LagRow = { operations: string; seconds: string }

/** What waits to be sealed, and for how long. */
export const lag = (reader: Reader) =>
  row<LagRow>(
    reader,
    `select count(*) as operations,
            coalesce(extract(epoch from clock_timestamp() - min(o.at)), 0)::numeric(20, 3) as seconds
       from audit.head, operations.operations o
      where o.id > watermark
        and not exists (select from audit.seals s where s.operation = o.id and s.operation > watermark)`,
  )

type BlockRow = {
  number: string
  epoch: number
  operations: number
  root: Buffer
  previous: Buffer
  at: Date
  key_id: string
  mac: Buffer
}

export const blocksAfter = async (reader: Reader, number: number, most: number): Promise<Block[]> =>
  (
    await rows<BlockRow>(
      reader,
      `select number, epoch, operations, root, previous, at, key_id, mac
         from audit.blocks where number > $1 order by number limit $2`,
      [number, most],
    )
  ).map(({ number: text, key_id, ...block }) => ({ ...block, number: Number(text), keyId: key_id }))

export const headBlock = async (reader: Reader): Promise<number> =>
  Number((await row<{ block: string }>(reader, `select block from audit.head`))?.block ?? 0)

export const copyBlocks = `copy (
     select number, epoch, operations, root, previous, at, key_id, mac from audit.blocks order by number
   ) to stdout`

/** Each operation behind its seal, in the order of the chain; what is unsealed comes last, by id. */
export const copyChain = `copy (
     select s.block, s.position, s.operation, b.operations, encode(b.root, 'hex'), b.epoch, ${operationList}
       from audit.seals s
       left join audit.blocks b on b.number = s.block
       full join operations.operations o on o.id = s.operation
      order by s.block nulls last, s.position, o.id
   ) to stdout`

export const emptyBlocks = (reader: Reader) =>
  rows<{ number: string }>(
    reader,
    `select number from audit.blocks b
      where not exists (select from audit.seals s where s.block = b.number) order by number limit 100`,
  )

/** A table's rows as their operations wrote them, each behind its operation. */
export const copyRows = (table: { readonly name: string; readonly columns: readonly string[] }): string =>
  `copy (select operation, ${table.columns.join(', ')} from ${table.name} order by operation, id) to stdout`

/** What operations say they wrote to a table, by rising id. Not parsed as JSON: it may have been tampered with. */
export const declareExpected = (reader: Reader, table: string) =>
  rows(
    reader,
    `declare expected no scroll cursor for
      select id, told[1] as rows, told[2] as sha256
        from operations.operations,
             regexp_match(digests, '"${table.replace('.', '\\.')}":\\{"rows":(\\d+),"sha256":"([0-9a-f]+)"\\}') as told
       where strpos(digests, '"${table}":') > 0 and told is not null
       order by id`,
  )

export type ExpectedRow = { id: string; rows: string; sha256: string }

export const fetchExpected = (reader: Reader) => rows<ExpectedRow>(reader, `fetch 5000 from expected`)
