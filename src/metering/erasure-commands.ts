import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { ToForget } from '../parties/people-commands.ts'
import * as sql from './erasure/sql.ts'

/**
 * Takes away what sources said of a person in their own words. Records stay as they are charged: they name the person
 * by a number alone. Rows in quarantine are found by the names, as whole words. What was said before a name was linked
 * stands under somebody else: who has nothing from other sources is the same person, and is answered as emptied.
 */
export async function eraseUsage(writer: Writer, person: string, { texts, alike }: ToForget) {
  let records = await sql.eraseRaw(writer, person, null)
  const quarantined = texts.length > 0 ? await sql.eraseQuarantined(writer, anyOf(texts)) : 0
  if (records + quarantined > 0) await sql.insertErasure(writer, person, { records, quarantined })
  const emptied: string[] = []
  for (const { person: other, sources } of alike) {
    const taken = await sql.eraseRaw(writer, other, sources)
    if (taken === 0) continue
    records += taken
    await sql.insertErasure(writer, other, { records: taken, quarantined: 0 })
    const of = await sql.sourcesOf(writer, other)
    if (of.every(({ source }) => sources.includes(source))) emptied.push(other)
  }
  return { records, quarantined, emptied }
}

/** What `eraseUsage` would take away; what waits in quarantine could then no more be charged. */
async function usageOfPerson(reader: Reader, person: string, { texts, alike }: ToForget) {
  const counts = await sql.countOf(reader, person, alike, texts.length > 0 ? anyOf(texts) : null)
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
