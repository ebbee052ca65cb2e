import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import * as sql from './erasure/sql.ts'

/**
 * Takes away what sources said of a person in their own words. Records stay as they are charged: they name the person
 * by a number alone. Rows in quarantine are found by the names, as whole words.
 */
export async function eraseUsage(writer: Writer, person: string, names: readonly string[]): Promise<sql.Erased> {
  const records = await sql.eraseRaw(writer, person)
  const quarantined = names.length > 0 ? await sql.eraseQuarantined(writer, anyOf(names)) : 0
  if (records + quarantined > 0) await sql.insertErasure(writer, person, { records, quarantined })
  return { records, quarantined }
}

/** What `eraseUsage` would take away; what waits in quarantine could then no more be charged. */
async function usageOfPerson(reader: Reader, person: string, names: readonly string[]) {
  const counts = await sql.countOf(reader, person, names.length > 0 ? anyOf(names) : null)
  return {
    records: Number(counts?.records ?? 0),
    quarantined: Number(counts?.quarantined ?? 0),
    waiting: Number(counts?.waiting ?? 0),
  }
}

/** Where what sources said of people is kept, for whoever erases them. */
export const memories = { erase: eraseUsage, count: usageOfPerson }

/** Any of the names, not as a part of a longer word: `ann` is not in `joanna`, nor in `ann-2`. */
const anyOf = (names: readonly string[]): string =>
  `(^|[^[:alnum:]_.-])(${names.map((name) => name.replaceAll(/[^\p{L}\p{N}\s]/gu, '\\$&')).join('|')})($|[^[:alnum:]_.-])`

export { erasuresTable } from './erasure/sql.ts'
