import { strict as assert } from 'node:assert'

/**
 * What reads: the pool, one connection, or a Writer. A statement goes unnamed unless it asks for a name; then
 * each connection plans it once, which is worth it on hot paths only (a plan for all values can be a bad one).
 */
export type Reader = {
  query(config: Statement): Promise<Answer>
  /** Where statements go out together: this one goes with the next one that is not put off. */
  later?(config: Statement): Promise<Answer>
}
type Answer = { rows: unknown[]; rowCount: number | null }

export type Statement = { text: string; values?: unknown[]; name?: string }

/** PgBouncer below 1.21 loses named statements in transaction mode. */
const named = process.env['BURSAR_NAMED_STATEMENTS'] !== 'off'

export async function rows<Row>(reader: Reader, text: string, values?: readonly unknown[], name?: string) {
  const result = await reader.query(statement(text, values, name))
  return result.rows as Row[]
}

/** The same, put off where statements go out together. */
export async function rowsLater<Row>(reader: Reader, text: string, values?: readonly unknown[], name?: string) {
  const result = await later(reader, statement(text, values, name))
  return result.rows as Row[]
}

export const later = (reader: Reader, config: Statement): Promise<Answer> =>
  reader.later ? reader.later(config) : reader.query(config)

/** The one row, or none; two are a bug in the statement. */
export async function row<Row>(reader: Reader, text: string, values?: readonly unknown[], name?: string) {
  const found = await rows<Row>(reader, text, values, name)
  assert(found.length <= 1, `at most one row was expected, not ${found.length}`)
  return found[0]
}

export function statement(text: string, values?: readonly unknown[], name?: string): Statement {
  const config: Statement = values ? { text, values: values as unknown[] } : { text }
  if (name && named) config.name = name
  return config
}
