import type { LateIndex } from '../../database/late-index.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import { execute, type Writer } from '../../database/writer.ts'

/** A project's records, newest first, and whether a record stands, out of millions. */
export const lateIndexes: readonly LateIndex[] = [
  { table: 'metering.records', columns: ['project', 'id'] },
  { table: 'metering.identities', columns: ['record'] },
]

export type RecordItem = {
  id: string
  period: string
  operation: string
  source: string
  external_id: string
  version: number
  project: string
  person: string | null
  provider: string
  service: string
  subtype: string
  starts_at: Date
  ends_at: Date
  measured_at: Date
  final: boolean
  quantities: Record<string, string>
  dimensions: Record<string, string>
}

export type WantedRecords = {
  /** UUIDs of parties, one of which a record must be of; null for all records. */
  readonly scope: readonly string[] | null
  readonly project: string | null
  readonly source: string | null
  readonly period: string | null
  readonly before: string | null
  readonly limit: number
}

const columns = `id, period, operation, source, external_id, version, project, person, provider, service, subtype,
       starts_at, ends_at, measured_at, final, quantities, dimensions`

/**
 * Newest first, and one more than the limit. By the source of the identity, of which there is an index: whoever asks for
 * one that told little does not wait until all records are read.
 */
export const recordsPage = (reader: Reader, wanted: WantedRecords) =>
  rows<RecordItem>(
    reader,
    `select ${columns}
       from (select r.*, i.source as told_by
               from metering.identities i
               join metering.records r on r.id = i.record and r.period = i.period) as standing
      where ($1::uuid[] is null or project = any ($1) or person = any ($1) or provider = any ($1))
        and ($2::uuid is null or project = $2)
        and ($3::text is null or told_by = $3)
        and ($4::date is null or period = $4)
        and ($5::bigint is null or id < $5)
      order by id desc
      limit $6`,
    [wanted.scope, wanted.project, wanted.source, wanted.period, wanted.before, wanted.limit + 1],
  )

/** Any version, also one that no longer stands. */
export const recordById = (reader: Reader, id: bigint) =>
  row<RecordItem & { standing: boolean }>(
    reader,
    `select ${columns}, exists (select from metering.standing s where s.id = v.id and s.period = v.period) as standing
       from metering.versions v where id = $1`,
    [id],
  )

export const putMeter = (
  writer: Writer,
  { name, kind, unit, description }: { name: string; kind: string; unit: string; description: string },
) =>
  execute(
    writer,
    `insert into metering.meters (name, kind, unit, description) values ($1, $2, $3, $4)
         on conflict (name) do update set kind = excluded.kind, unit = excluded.unit, description = excluded.description`,
    [name, kind, unit, description],
  )

export const meters = (reader: Reader) =>
  rows<{ name: string; kind: string; unit: string; description: string }>(
    reader,
    `select name, kind, unit, description from metering.meters order by name`,
  )
