import { arrayOf, textArrayOf, timestampText } from '../database/copy-text.ts'
import { type Reader, rows } from '../database/reader.ts'
import {
  append,
  appendBinary,
  execute,
  queueBinary,
  type SealedTable,
  sendRows,
  type Writer,
} from '../database/writer.ts'
import { wholeText } from '../values/decimal.ts'
import { calledBy, type SealedRaw } from './fact.ts'
import { writeIdentity, writeRecord } from './record-row.ts'
import type { Recorded } from './recorded.ts'
import { newSalts } from './salt-stream.ts'
import { sealRaw } from './texts.ts'
import type { Kept } from './version.ts'

export const recordsTable: SealedTable = {
  name: 'metering.records',
  columns: [
    'id',
    'period',
    'operation',
    'source',
    'external_id',
    'version',
    'project',
    'person',
    'provider',
    'service',
    'subtype',
    'starts_at',
    'ends_at',
    'measured_at',
    'final',
    'quantities',
    'dimensions',
    'digest',
    'raw_digest',
  ],
  beside: ['raw', 'raw_salt'],
}

const nextSalt = newSalts()

export const insertRecords = (writer: Writer, records: readonly Recorded[]) => {
  const operation = String(writer.operation)
  let raw: SealedRaw
  return appendBinary(
    writer,
    recordsTable,
    records,
    ({ id, period, version, project, person, provider, digest, fact, texts }) => {
      raw = texts.sealed ?? sealRaw(nextSalt(), fact.raw)
      return (
        `${wholeText(id)}\t${period}\t${operation}\t${texts.nameText}\t${version}\t` +
        `${project}\t${person ?? '\\N'}\t${provider}\t${texts.rowText}\t\\\\x${digest}\t\\\\x${raw.digest}`
      )
    },
    (record, out) => writeRecord(out, record, raw, writer.operation),
  )
}

/**
 * Identities of what nobody has told of before, in the order given (sorted by the caller). When another page told of
 * one of them meanwhile, this breaks `usage_is_recorded_once`, and the page begins anew: COPY costs a third of
 * an insert that looks for itself.
 */
export const insertIdentities = async (writer: Writer, records: readonly Recorded[]) => {
  queueBinary(
    writer,
    'metering.identities (source, external_id, record, period, version, final, measured_at, digest, called)',
    records,
    writeIdentity,
  )
  await sendRows(writer)
}

export type IdentityRow = {
  source: string
  external_id: string
  record: string
  period: string
  version: number
  final: boolean
  measured_at: Date
  digest: string
  told: Kept | null
}

type Named = { readonly source: string; readonly externalId: string }

/** Which of these are known, by their place in the list, from 1 on. Locks nothing. */
export const findIdentities = (reader: Reader, records: readonly Recorded[]) =>
  rows<{ place: number; digest: string; measured: string; plain: boolean }>(
    reader,
    `select wanted.place::integer as place, encode(i.digest, 'hex') as digest,
            (extract(epoch from i.measured_at) * 1000)::bigint as measured, i.told is null as plain
       from unnest($1::text[], $2::text[]) with ordinality as wanted (source, external_id, place)
       join metering.identities i using (source, external_id)`,
    [textArrayOf(records.map((r) => r.fact.source)), textArrayOf(records.map((r) => r.fact.externalId))],
  )

/** In one order for everybody, so that two pages never wait for each other. */
export const lockIdentities = (writer: Writer, names: readonly Named[]) =>
  rows<IdentityRow>(
    writer,
    `select i.source, i.external_id, i.record, i.period, i.version, i.final, i.measured_at,
            encode(i.digest, 'hex') as digest, i.told
       from unnest($1::text[], $2::text[]) as wanted (source, external_id)
       join metering.identities i using (source, external_id)
      order by i.source, i.external_id
        for no key update of i`,
    [textArrayOf(names.map((name) => name.source)), textArrayOf(names.map((name) => name.externalId))],
  )

/** Locks the identities of those of these records that stand, in the order everybody takes them. */
export const lockStanding = (writer: Writer, records: readonly bigint[]) =>
  rows<{ record: string }>(
    writer,
    `select i.record
       from metering.records r
       join metering.identities i on i.source = r.source and i.external_id = r.external_id and i.record = r.id
      where r.id = any ($1::bigint[])
      order by i.source, i.external_id
        for no key update of i`,
    [records],
  )

export const updateIdentities = (writer: Writer, records: readonly Recorded[]) =>
  execute(
    writer,
    `update metering.identities i
        set record = newer.record, period = newer.period, version = newer.version, final = newer.final,
            measured_at = newer.measured_at, digest = decode(newer.digest, 'hex'), confirmed_by = null,
            called = newer.called, told = null
       from unnest($1::text[], $2::text[], $3::bigint[], $4::date[], $5::integer[], $6::boolean[],
                   $7::timestamptz[], $8::text[], $9::text[])
         as newer (source, external_id, record, period, version, final, measured_at, digest, called)
      where i.source = newer.source and i.external_id = newer.external_id`,
    [
      records.map((r) => r.fact.source),
      records.map((r) => r.fact.externalId),
      records.map((r) => r.id),
      records.map((r) => r.period),
      records.map((r) => r.version),
      records.map((r) => r.fact.final),
      records.map((r) => timestampText(r.fact.measuredAt)),
      records.map((r) => r.digest),
      records.map((r) => r.fact.dimensions[calledBy] ?? null),
    ],
  )

/** When the parts were told last of what several versions told. */
export const keepTold = (writer: Writer, records: readonly Recorded[]) =>
  execute(
    writer,
    `update metering.identities i set told = newer.told
       from unnest($1::text[], $2::text[], $3::json[]) as newer (source, external_id, told)
      where i.source = newer.source and i.external_id = newer.external_id`,
    [
      textArrayOf(records.map((r) => r.fact.source)),
      textArrayOf(records.map((r) => r.fact.externalId)),
      records.map((r) => r.kept && JSON.stringify(r.kept)),
    ],
  )

export const confirmationsTable: SealedTable = {
  name: 'metering.confirmations',
  columns: ['id', 'operation', 'measured_at', 'records'],
}

/** The same was said again by something measured later. */
export const confirmIdentities = async (writer: Writer, records: readonly Recorded[]) => {
  await execute(
    writer,
    `update metering.identities i
        set measured_at = later.measured_at, confirmed_by = $4
       from unnest($1::text[], $2::text[], $3::timestamptz[]) as later (source, external_id, measured_at)
      where i.source = later.source and i.external_id = later.external_id`,
    [
      textArrayOf(records.map((r) => r.fact.source)),
      textArrayOf(records.map((r) => r.fact.externalId)),
      arrayOf(records.map((r) => timestampText(r.fact.measuredAt))),
      writer.operation,
    ],
  )
  const byTime = Map.groupBy(records, (r) => r.fact.measuredAt)
  await append(
    writer,
    confirmationsTable,
    byTime,
    ([measuredAt, same]) => `${writer.nextId()}\t${writer.operation}\t${timestampText(measuredAt)}\t${same.length}`,
  )
}

export type RecordRow = {
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
  digest: string
  raw: string | null
}

const recordColumns = `r.id, r.period, r.operation, r.source, r.external_id, r.version, r.project, r.person, r.provider,
       r.service, r.subtype, r.starts_at, r.ends_at, r.measured_at, r.final, r.quantities, r.dimensions,
       encode(r.digest, 'hex') as digest, r.raw`

export const recordsById = (reader: Reader, ids: readonly bigint[]) =>
  rows<RecordRow>(
    reader,
    `select ${recordColumns} from metering.records r where r.id = any ($1::bigint[]) order by r.id`,
    [ids],
  )

const recordsOfIdentities = (reader: Reader, where: string, values: readonly (string | number)[]) =>
  rows<RecordRow>(
    reader,
    `select ${recordColumns}
       from metering.identities i
       join metering.records r on r.id = i.record and r.period = i.period
      where i.source = $1 and ${where}
      order by r.starts_at desc, r.id desc
      limit $3`,
    values,
  )

/** To whom what stands belongs, by its place in the list, from 1 on. */
export const ownersStanding = (reader: Reader, names: readonly Named[]) =>
  rows<{ place: number; project: string; provider: string }>(
    reader,
    `select wanted.place::integer as place, r.project, r.provider
       from unnest($1::text[], $2::text[]) with ordinality as wanted (source, external_id, place)
       join metering.identities i using (source, external_id)
       join metering.records r on r.id = i.record and r.period = i.period`,
    [textArrayOf(names.map((name) => name.source)), textArrayOf(names.map((name) => name.externalId))],
  )

/** The record that stands of one thing that a source names. */
export const recordsNamed = (reader: Reader, source: string, externalId: string) =>
  recordsOfIdentities(reader, 'i.external_id = $2', [source, externalId, 1])

/** Those whose external id continues this one after a `/`: the runs of a job; newest first. */
export const recordsBelow = (reader: Reader, source: string, above: string, limit: number) =>
  recordsOfIdentities(reader, `i.external_id >= $2 || '/' and i.external_id ^@ ($2 || '/')`, [source, above, limit])

/** Those that people call so at a source, newest first. */
export const recordsCalled = (reader: Reader, source: string, called: string, limit: number) =>
  recordsOfIdentities(reader, 'i.called = $2', [source, called, limit])

export const sources = (reader: Reader) =>
  rows<{ source: string }>(
    reader,
    `with recursive distinct_source as (
       (select source from metering.identities order by source limit 1)
       union all
       select (select i.source from metering.identities i where i.source > d.source order by i.source limit 1)
         from distinct_source d where d.source is not null)
     select source from distinct_source where source is not null`,
  )

export const meterNames = (reader: Reader) =>
  rows<{ name: string; kind: string; unit: string }>(
    reader,
    `select name, kind, unit from metering.meters order by name`,
  )

/** One month of records. Made beside its parent, then attached: that waits for nobody's inserts. */
export const makePartition = async (writer: Writer, period: string, next: string) => {
  const table = `metering.records_${period.slice(0, 7).replace('-', '_')}`
  await execute(writer, `create table if not exists ${table} (like metering.records including all)`)
  await execute(
    writer,
    `alter table metering.records attach partition ${table} for values from ('${period}') to ('${next}')`,
  )
}

export const partitions = (reader: Reader) =>
  rows<{ period: string }>(
    reader,
    `select replace(right(c.relname, 7), '_', '-') || '-01' as period
       from pg_inherits h join pg_class c on c.oid = h.inhrelid
      where h.inhparent = 'metering.records'::regclass`,
  )
