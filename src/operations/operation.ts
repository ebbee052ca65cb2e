import { copyJson, copyText, timestampText } from '../database/copy-text.ts'
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
  Buffer.from(markWith(key, fieldsText(key, operation, operation.digests)), 'hex')

/** The whole row as COPY takes it. */
export function operationLine(key: SealKey, operation: Omit<Operation, 'digests'>, digests: string): string {
  const fields = fieldsText(key, operation, digests)
  return `${fields}\t\\\\x${markWith(key, fields)}`
}

function fieldsText(key: SealKey, operation: Omit<Operation, 'digests'>, digests: string): string {
  const { id, epoch, xid, principal, inputDigest, status, answer, at } = operation
  return (
    `${id}\t${epoch}\t${xid}\t${copyText(principal)}\t${copyText(operation.key)}\t${copyText(operation.command)}\t` +
    `\\\\x${inputDigest}\t${status}\t${copyJson(answer)}\t${copyJson(digests)}\t` +
    `${timestampText(at)}\t${key.id}`
  )
}
