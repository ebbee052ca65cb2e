import type { Reader } from '../../database/reader.ts'
import { row, rows } from '../../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../../database/writer.ts'

export const erasuresTable: SealedTable = {
  name: 'metering.erasures',
  columns: ['id', 'operation', 'person', 'records', 'quarantined'],
}

export type Alike = { readonly person: string; readonly sources: readonly string[] }

export type Erased = { readonly records: number; readonly quarantined: number }

export const insertErasure = (writer: Writer, person: string, { records, quarantined }: Erased) =>
  append(writer, erasuresTable, [`${writer.nextId()}\t${writer.operation}\t${person}\t${records}\t${quarantined}`])

/** What stays is in the seal: the digest, which without its salt tells nobody what it was made of. */
export const eraseRaw = (writer: Writer, person: string, sources: readonly string[] | null) =>
  execute(
    writer,
    `update metering.records set raw = null, raw_salt = null, erased_by = $2
      where person = $1 and raw is not null and ($3::text[] is null or source = any ($3))`,
    [person, writer.operation, sources],
  )

export const sourcesOf = (reader: Reader, person: string) =>
  rows<{ source: string }>(reader, `select distinct source from metering.records where person = $1`, [person])

/**
 * Rows that nobody could read may hold the name all the same. What waited can no more be replayed; its digest was
 * made without a salt, so it goes too.
 */
export const eraseQuarantined = (writer: Writer, pattern: string) =>
  execute(
    writer,
    `update metering.quarantine
        set raw = null, reason = 'a person was erased', digest = decode(md5(gen_random_uuid()::text), 'hex'),
            erased_by = $2, state = case state when 'waiting' then 'erased' else state end
      where raw ~ $1`,
    [pattern, writer.operation],
  )

/** What an erasure would take away: to be shown before. */
export const countOf = (reader: Reader, person: string, alike: readonly Alike[], pattern: string | null) =>
  row<{ records: string; quarantined: string; waiting: string }>(
    reader,
    `select (select count(*) from metering.records
              where raw is not null
                and (person = $1 or (person, source) in (select * from unnest($3::uuid[], $4::text[])))) as records,
            count(*) as quarantined, count(*) filter (where state = 'waiting') as waiting
       from metering.quarantine
      where raw ~ $2`,
    [
      person,
      pattern,
      alike.flatMap(({ person: other, sources }) => sources.map(() => other)),
      alike.flatMap(({ sources }) => sources),
    ],
  )
