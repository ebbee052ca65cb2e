import { copyText } from '../../database/copy-text.ts'
import { type Reader, rows } from '../../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../../database/writer.ts'

export const dismissalsTable: SealedTable = {
  name: 'metering.dismissals',
  columns: ['id', 'operation', 'quarantined', 'reason'],
}

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
    // Numbered in the order of their lines, inserted in one order for everybody.
    `insert into metering.quarantine (id, operation, at, source, door, origin, line, reason, raw, digest, settings)
     select id, $9, $10, source, door, origin, line, reason, raw, decode(digest, 'hex'), settings
       from (select nextval('metering.quarantine_ids') as id, bad.*
               from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                           $8::text[]) as bad (source, door, origin, line, reason, raw, settings, digest)) as numbered
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

export const markDismissed = (writer: Writer, ids: readonly bigint[]) =>
  execute(writer, `update metering.quarantine set state = 'dismissed' where id = any ($1::bigint[])`, [ids])

export const insertDismissals = (writer: Writer, ids: readonly bigint[], reason: string) =>
  append(writer, dismissalsTable, ids, (id) => `${writer.nextId()}\t${writer.operation}\t${id}\t${copyText(reason)}`)

export type DismissedRow = QuarantineRow & { dismissed_by: string; dismissed_for: string }

/** What was dismissed, in the order in which it came, after a given id. */
export const dismissed = (reader: Reader, after: bigint, limit: number) =>
  rows<DismissedRow>(
    reader,
    `select q.id, q.door, q.source, q.origin, q.line, q.reason, coalesce(q.raw, '') as raw, q.settings, q.at,
            d.operation as dismissed_by, d.reason as dismissed_for
       from metering.quarantine q
       join metering.dismissals d on d.quarantined = q.id
      where q.id > $1
      order by q.id
      limit $2`,
    [after, limit],
  )
