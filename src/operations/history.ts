import type { Reader } from '../database/reader.ts'
import * as sql from './listing/sql.ts'

/** What an operation was, and what it answered, for whoever explains its work. */
export async function operationOf(reader: Reader, id: bigint) {
  const found = await sql.operationById(reader, id)
  if (!found) return undefined
  const { principal, command, at, answer } = found
  return { id, principal, command, at, answer: JSON.parse(answer) as unknown }
}

type Asked = { readonly principal: string; readonly command: string; readonly key: string }

/** Who asked for operations, for what, and under which keys, by number. */
export async function askedFor(reader: Reader, ids: readonly bigint[]) {
  if (ids.length === 0) return new Map<string, Asked>()
  const found = await sql.operationsById(reader, ids)
  return new Map(found.map(({ id, principal, command, idempotency_key: key }) => [id, { principal, command, key }]))
}
