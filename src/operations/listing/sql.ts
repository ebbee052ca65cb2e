import { arrayOf } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'

export type OperationItem = {
  id: string
  principal: string
  idempotency_key: string
  command: string
  status: number
  at: Date
}

export type Wanted = {
  readonly principal: string | null
  readonly command: string | null
  readonly before: string | null
  readonly limit: number
}

/** Newest first, and one more than the limit. */
export const operationsPage = (reader: Reader, { principal, command, before, limit }: Wanted) =>
  rows<OperationItem>(
    reader,
    `select id, principal, idempotency_key, command, status, at
       from operations.operations
      where ($1::text is null or principal = $1)
        and ($2::text is null or command = $2)
        and ($3::bigint is null or id < $3)
      order by id desc
      limit $4`,
    [principal, command, before, limit + 1],
  )

export const operationById = (reader: Reader, id: bigint) =>
  row<OperationItem & { answer: string; digests: string }>(
    reader,
    `select id, principal, idempotency_key, command, status, at, answer, digests
       from operations.operations where id = $1`,
    [id],
  )

export const operationsById = (reader: Reader, ids: readonly bigint[]) =>
  rows<Pick<OperationItem, 'id' | 'principal' | 'command' | 'idempotency_key'>>(
    reader,
    `select id, principal, command, idempotency_key from operations.operations where id = any ($1::bigint[])`,
    [arrayOf(ids)],
  )
