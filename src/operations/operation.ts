import { copyBytes, copyText, timestampText } from '../database/copy-text.ts'
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
  readonly inputDigest: Buffer
  readonly status: number
  readonly answer: string
  readonly digests: string
  readonly at: Date
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
export function macOf(key: SealKey, operation: Operation): Buffer {
  const { id, epoch, xid, principal, inputDigest, status, answer, digests, at } = operation
  const fields = [
    id,
    epoch,
    xid,
    copyText(principal),
    copyText(operation.key),
    copyText(operation.command),
    copyBytes(inputDigest),
    status,
    copyText(answer),
    copyText(digests),
    timestampText(at.getTime()),
    key.id,
  ]
  return markWith(key, fields.join('\t'))
}
