import { copyJson, copyText, timestampText } from '../database/copy-text.ts'
import type { BinaryRows } from '../database/copy-binary.ts'
import type { RowsDigest } from '../database/writer.ts'
import { markWith, type SealKey } from './keys.ts'
import { canonicalJson } from './canonical.ts'

/** One change by one principal with one idempotency key: the audit record. */
export type Operation = {
  readonly id: bigint
  readonly epoch: number
  readonly xid: string
  readonly principal: string
  readonly key: string
  readonly command: string
  /** Hexadecimal. */
  readonly inputDigest: string
  readonly status: number
  readonly answer: string
  readonly digests: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** The row's columns in the order in which it is marked; its mark comes last. */
export const operationColumns = [
  'id',
  'epoch',
  'xid',
  'principal',
  'idempotency_key',
  'command',
  'input_digest',
  'status',
  'answer',
  'digests',
  'at',
  'key_id',
  'mac',
] as const

/** {"ledger.transfers":{"rows":2,"sha256":"…"}}: what verify compares the tables with. */
export const digestsText = (digests: ReadonlyMap<string, RowsDigest>): string =>
  canonicalJson(Object.fromEntries(digests))

/** Over all other columns as COPY prints them, so that a mark can be checked without knowing what a column means. */
export const macOf = (key: SealKey, operation: Operation): Buffer =>
  Buffer.from(markWith(key, fieldsText(key, operation, operation.answer, operation.digests)), 'hex')

/** The whole row as the binary COPY takes it; the mark is over the same columns as text. */
export function writeOperation(
  key: SealKey,
  operation: Unanswered,
  answer: string,
  digests: string,
  out: BinaryRows,
): void {
  out.row(operationColumns.length).bigint(operation.id).integer(operation.epoch).bigint(BigInt(operation.xid))
  out.text(operation.principal).text(operation.key).text(operation.command).bytes(operation.inputDigest)
  out.smallint(operation.status).text(answer).text(digests).time(operation.at)
  out.text(key.id).bytes(markWith(key, fieldsText(key, operation, answer, digests)))
}

type Unanswered = Omit<Operation, 'digests' | 'answer'>

function fieldsText(key: SealKey, operation: Unanswered, answer: string, digests: string): string {
  const { id, epoch, xid, principal, inputDigest, status, at } = operation
  return (
    `${id}\t${epoch}\t${xid}\t${copyText(principal)}\t${copyText(operation.key)}\t${copyText(operation.command)}\t` +
    `\\\\x${inputDigest}\t${status}\t${copyJson(answer)}\t${copyJson(digests)}\t` +
    `${timestampText(at)}\t${key.id}`
  )
}
