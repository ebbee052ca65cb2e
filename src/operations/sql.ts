import { strict as assert } from 'node:assert'
import { textArrayOf } from '../database/copy-text.ts'
import { later, type Reader, row, rows, rowsLater, statement } from '../database/reader.ts'
import { beginning } from '../database/transaction.ts'
import type { SealKey } from './keys.ts'
import { macOf, type Operation, operationColumns } from './operation.ts'

/** Both callers with one key wait for each other here; the lock goes with the transaction. */
export const beginWithLock = (lock: bigint) => `${beginning('read write')}; select pg_advisory_xact_lock(${lock})`

export type StoredRow = { id: string; xid: string; input_digest: Buffer; status: number; answer: string }

export const findByKey = (reader: Reader, principal: string, key: string) =>
  row<StoredRow>(
    reader,
    `select id, xid::text, input_digest, status, answer
       from operations.operations
      where principal = $1 and idempotency_key = $2`,
    [principal, key],
    'operations.find_by_key',
  )

export type BeginRow = { id: string; xid: string; epoch: number; at: Date }

/**
 * The transaction's number is taken before the operation's: the sealer concludes from it that an operation's id
 * below its watermark cannot turn up late. Thousandths, because that is what the program's clock holds.
 */
export const begin = (reader: Reader) =>
  row<BeginRow>(
    reader,
    `with transaction as materialized (select pg_current_xact_id() as xid)
     select xid::text, epoch, date_trunc('milliseconds', clock_timestamp()) as at,
            case when xid is not null then nextval('operations.operation_ids') end as id
       from transaction, operations.epoch`,
    [],
    'operations.begin',
  )

/** Writes nothing when the epoch ended meanwhile: its last block is sealed then. */
export const insert = (reader: Reader, operation: Operation, key: SealKey) =>
  rows(
    reader,
    `insert into operations.operations
            (id, epoch, xid, principal, idempotency_key, command, input_digest, status, answer, digests, at, key_id, mac)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
       from operations.epoch
      where epoch.epoch = $2
     returning id`,
    [
      operation.id,
      operation.epoch,
      operation.xid,
      operation.principal,
      operation.key,
      operation.command,
      Buffer.from(operation.inputDigest, 'hex'),
      operation.status,
      operation.answer,
      operation.digests,
      new Date(operation.at),
      key.id,
      macOf(key, operation),
    ],
    'operations.insert',
  )

/**
 * The lock keeps the epoch from ending between the look at it and the rows written under it. Put off: what is locked and
 * looked up next goes out with it.
 */
export function beginBatch(reader: Reader): void {
  for (const [place, text] of batchBeginning.entries()) {
    void later(reader, statement(text, undefined, `operations.begin_batch_${place}`))
  }
}

/** As `beginning` sets them; a plan is made once and for all values, since every statement of a batch looks up by keys. */
const settings = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
}

const batchBeginning = [
  'begin isolation level read committed, read write',
  `select ${Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(' || ')} as settings`,
  'lock table operations.operations in row exclusive mode',
]

/** What is run behind the rows of a batch. */
export const commit = statement('commit', undefined, 'operations.commit')

export const operationsTarget = `operations.operations (${operationColumns.join(', ')})`

/** What was stored under the keys of a batch, by principal and key. */
export async function findByKeys(
  reader: Reader,
  entries: readonly { readonly call: { readonly principal: string; readonly key: string } }[],
): Promise<Map<string, StoredRow>> {
  const found = await rows<StoredRow & { principal: string; key: string }>(
    reader,
    `select o.id, o.xid::text, o.input_digest, o.status, o.answer, o.principal, o.idempotency_key as key
       from unnest($1::text[], $2::text[]) as asked (principal, key)
       join operations.operations o on o.principal = asked.principal and o.idempotency_key = asked.key`,
    [textArrayOf(entries.map(({ call }) => call.principal)), textArrayOf(entries.map(({ call }) => call.key))],
    'operations.find_by_keys',
  )
  return new Map(found.map((each) => [`${each.principal}\0${each.key}`, each]))
}

/** As `begin`, with numbers for many operations; put off. */
export async function beginMany(reader: Reader, operations: number) {
  const [began] = await rowsLater<{ xid: string; epoch: number; at: Date; ids: string }>(
    reader,
    `with transaction as materialized (select pg_current_xact_id() as xid)
     select xid::text, epoch, date_trunc('milliseconds', clock_timestamp()) as at,
            case when xid is not null
                 then (select string_agg(nextval('operations.operation_ids')::text, ',')
                         from generate_series(1, $1::integer)) end as ids
       from transaction, operations.epoch`,
    [operations],
    'operations.begin_many',
  )
  assert(began)
  return { ...began, ids: began.ids.split(',') }
}

/** Numbers for operations that a batch finds due; its transaction has its own number already. */
export async function moreIds(reader: Reader, operations: number): Promise<string[]> {
  const found = await rows<{ id: string }>(
    reader,
    `select nextval('operations.operation_ids')::text as id from generate_series(1, $1::integer)`,
    [operations],
  )
  return found.map(({ id }) => id)
}

/** What became of a transaction. */
export async function statusOf(reader: Reader, xid: string): Promise<string> {
  const found = await row<{ status: string | null }>(reader, `select pg_xact_status($1::xid8) as status`, [xid])
  return found?.status ?? 'aborted'
}

/** The key that the newest operation is marked with; undefined in an empty house. */
export const newestKey = async (reader: Reader): Promise<string | undefined> =>
  (await row<{ key_id: string }>(reader, `select key_id from operations.operations order by id desc limit 1`))?.key_id
