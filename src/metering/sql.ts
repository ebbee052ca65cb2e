import { arrayOf, copyText, textArrayOf, timestampText } from '../database/copy-text.ts'
import { type Reader, row, rows } from '../database/reader.ts'
import { append, each, execute, type SealedTable, type Writer } from '../database/writer.ts'
import type { Fact } from './fact.ts'
import type { Texts } from './version.ts'

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
    'raw',
  ],
}

/** A fact whose parties are known, with its digest: what is written down as a record. */
export type Recorded = {
  readonly id: bigint
  readonly period: string
  readonly version: number
  readonly fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
  readonly digest: string
  readonly texts: Texts
}

export const insertRecords = (writer: Writer, records: readonly Recorded[]) =>
  append(
    writer,
    recordsTable,
    each(records, (r) => {
      const { fact } = r
      return (
        `${r.id}\t${r.period}\t${writer.operation}\t${copyText(fact.source)}\t${copyText(fact.externalId)}\t` +
        `${r.version}\t${r.project}\t${r.person ?? '\\N'}\t${r.provider}\t${copyText(fact.service)}\t` +
        `${copyText(fact.subtype)}\t${timestampText(fact.startsAt)}\t${timestampText(fact.endsAt)}\t` +
        `${timestampText(fact.measuredAt)}\t${fact.final ? 't' : 'f'}\t${copyText(r.texts.quantities)}\t` +
        `${copyText(r.texts.dimensions)}\t\\\\x${r.digest}\t${copyText(fact.raw)}`
      )
    }),
  )

/** Identities in the order given (sorted by the caller); answers the records that were new, `all` when all were. */
export const insertIdentities = async (writer: Writer, records: readonly Recorded[]): Promise<'all' | Set<string>> => {
  const found = await row<{ count: number; records: string | null }>(
    writer,
    `with fresh as (
       insert into metering.identities (source, external_id, record, period, version, final, measured_at, digest)
       select source, external_id, record, period, 1, final, measured_at, decode(digest, 'hex')
         from unnest($1::text[], $2::text[], $3::bigint[], $4::date[], $5::boolean[], $6::timestamptz[], $7::text[])
           as told (source, external_id, record, period, final, measured_at, digest)
           on conflict do nothing
       returning record)
     select count(*)::integer as count, case when count(*) < $8 then string_agg(record::text, ',') end as records
       from fresh`,
    [
      textArrayOf(records.map((r) => r.fact.source)),
      textArrayOf(records.map((r) => r.fact.externalId)),
      arrayOf(records.map((r) => r.id)),
      arrayOf(records.map((r) => r.period)),
      arrayOf(records.map((r) => r.fact.final)),
      arrayOf(records.map((r) => timestampText(r.fact.measuredAt))),
      arrayOf(records.map((r) => r.digest)),
      records.length,
    ],
  )
  return found?.count === records.length ? 'all' : new Set(found?.records?.split(',') ?? [])
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
}

type Named = { readonly source: string; readonly externalId: string }

/** In one order for everybody, so that two pages never wait for each other. */
export const lockIdentities = (writer: Writer, names: readonly Named[]) =>
  rows<IdentityRow>(
    writer,
    `select i.source, i.external_id, i.record, i.period, i.version, i.final, i.measured_at,
            encode(i.digest, 'hex') as digest
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
            measured_at = newer.measured_at, digest = decode(newer.digest, 'hex')
       from unnest($1::text[], $2::text[], $3::bigint[], $4::date[], $5::integer[], $6::boolean[],
                   $7::timestamptz[], $8::text[])
         as newer (source, external_id, record, period, version, final, measured_at, digest)
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
    ],
  )

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

/** All versions of what a source names, newest first; a name that ends in `%` is a beginning. */
export const recordsByName = (reader: Reader, source: string, name: string, limit: number) =>
  rows<RecordRow>(
    reader,
    `select ${recordColumns}
       from metering.identities i
       join metering.records r on r.id = i.record and r.period = i.period
      where i.source = $1 and i.external_id >= rtrim($2, '%') and i.external_id like $2
      order by r.starts_at desc, r.id desc
      limit $3`,
    [source, name, limit],
  )

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

export type Quarantined = {
  readonly door: string
  readonly source: string
  readonly origin: string
  readonly line: number
  readonly reason: string
  readonly raw: string
  /** What its door needs to read it again, as JSON. */
  readonly settings: string
  /** In hex; the same row is not quarantined twice. */
  readonly digest: string
}

/** What was quarantined before stays as it is; answers how many are new. */
export const insertQuarantined = (writer: Writer, bad: readonly Quarantined[]) =>
  execute(
    writer,
    `insert into metering.quarantine (id, operation, at, source, door, origin, line, reason, raw, digest, settings)
     select nextval('metering.quarantine_ids'), $9, $10, source, door, origin, line, reason, raw, decode(digest, 'hex'),
            settings
       from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
         as bad (source, door, origin, line, reason, raw, settings, digest)
      order by source, digest
         on conflict do nothing`,
    [
      bad.map((row) => row.source),
      bad.map((row) => row.door),
      bad.map((row) => row.origin),
      bad.map((row) => row.line),
      bad.map((row) => row.reason),
      bad.map((row) => row.raw),
      bad.map((row) => row.settings),
      bad.map((row) => row.digest),
      writer.operation,
      writer.at,
    ],
  )

export type QuarantineRow = {
  id: string
  door: string
  source: string
  origin: string
  line: string
  reason: string
  raw: string
  settings: string
  at: Date
}

/** What waits in quarantine, oldest first, after a given id; only some ids, when they are given. */
export const waiting = (reader: Reader, after: bigint, limit: number, only: readonly bigint[] | null = null) =>
  rows<QuarantineRow>(
    reader,
    `select id, door, source, origin, line, reason, raw, settings, at
       from metering.quarantine
      where state = 'waiting' and id > $1 and ($3::bigint[] is null or id = any ($3::bigint[]))
      order by id
      limit $2`,
    [after, limit, only],
  )

export const countWaiting = (reader: Reader) =>
  rows<{ source: string; count: string }>(
    reader,
    `select source, count(*) as count from metering.quarantine where state = 'waiting' group by source order by source`,
  )

/** In the order of their ids, so that two replays never wait for each other in a circle. */
export const lockWaiting = (writer: Writer, ids: readonly bigint[]) =>
  rows<{ id: string }>(
    writer,
    `select id from metering.quarantine where id = any ($1::bigint[]) and state = 'waiting' order by id for update`,
    [ids],
  )

export const markReplayed = (writer: Writer, ids: readonly bigint[]) =>
  execute(
    writer,
    `update metering.quarantine set state = 'replayed', replayed_by = $2
      where id = any ($1::bigint[]) and state = 'waiting'`,
    [ids, writer.operation],
  )

/** Why they still wait, after they were tried again. */
export const updateReasons = (writer: Writer, reasons: ReadonlyMap<bigint, string>) =>
  execute(
    writer,
    `update metering.quarantine q set reason = tried.reason
       from unnest($1::bigint[], $2::text[]) as tried (id, reason)
      where q.id = tried.id and q.state = 'waiting'`,
    [[...reasons.keys()], [...reasons.values()]],
  )
