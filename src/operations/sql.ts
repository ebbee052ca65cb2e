import { type Reader, row, rows } from '../database/reader.ts'
import { beginning } from '../database/transaction.ts'
import type { SealKey } from './keys.ts'
import { macOf, type Operation } from './operation.ts'

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
      operation.inputDigest,
      operation.status,
      operation.answer,
      operation.digests,
      operation.at,
      key.id,
      macOf(key, operation),
    ],
    'operations.insert',
  )
