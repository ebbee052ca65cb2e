import { timestampText } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import { queueRows, type Writer } from '../../database/writer.ts'
import type { ServiceType } from '../price/cost.ts'
import type { ReportChange } from './changes.ts'
import type { Filter, ReportOf } from './report.ts'

/** They go out with the other rows of the batch. */
export const queueReportChanges = (writer: Writer, changes: readonly ReportChange[]) =>
  queueRows(
    writer,
    'jobs.report_changes (project, vlab, started_at, jobs)',
    changes,
    ({ project, vlab, at, jobs }) => `${project}\t${vlab}\t${timestampText(at * 1000)}\t${jobs}`,
  )

/** Whose jobs a report lists; $1 is the account. */
const mine = { system: '$1::uuid is not null', 'virtual-lab': 'vlab = $1', project: 'project = $1' } as const

export type Place = { total: string; before: string | null; ends: string | null }

/**
 * How many jobs a report lists in all, and the part of its order in which the job stands that so many come before: how
 * many come before that part, and where it ends. The order is that of reports: whoever started last comes first.
 */
export const placeOf = (reader: Reader, { kind, account }: ReportOf, offset: bigint) =>
  row<Place>(
    reader,
    `with counted as (
       select starts as at, jobs, true as begins from jobs.report_parts where kind = $2 and account = $1
       union all select '-infinity', 0, true
       union all select started_at, jobs, false from jobs.report_changes where ${mine[kind]}
     ), reached as (
       select at, bool_or(begins) as begins, sum(sum(jobs)) over (order by at desc) as upto from counted group by at
     ), parts as (
       select upto, lag(upto, 1, 0) over down as before, lag(at, 1, 'infinity') over down as ends
         from reached where begins window down as (order by at desc)
     )
     select (select upto from reached where at = '-infinity') as total, part.before, part.ends::text
       from (select) as one
       left join lateral (select before, ends from parts where before <= $3 and $3 < upto) as part on true`,
    [account, kind, offset],
  )

/** Times are UTC as PostgreSQL prints them without a zone: a report has thousands, and nobody counts with them. */
export type ReportRow = {
  id: string
  project: string
  vlab: string
  user_id: string | null
  group_id: string | null
  name: string | null
  type: ServiceType
  subtype: string
  reserved_at: string
  started_at: string
  finished_at: string
  cancelled_at: string | null
  /** Whole seconds. */
  duration: number
  /** What it cost, less what its project did not pay. */
  paid: string
  reserved_amount: string
  reserved_count: string | null
  reserved_duration: string | null
  units: string
  running: string
}

const utc = (column: string): string => `(j.${column} at time zone 'UTC')::text as ${column}`

const columns = `j.id, j.project, j.vlab, j.user_id, j.group_id, j.name, j.type, j.subtype, ${utc('reserved_at')},
       ${utc('started_at')}, ${utc('finished_at')}, ${utc('cancelled_at')},
       floor(extract(epoch from j.finished_at - j.started_at))::float8 as duration,
       j.charged - j.absorbed as paid, j.reserved_amount, j.reserved_count, j.duration as reserved_duration, j.units, j.running`
const inOrder = 'order by j.started_at desc, j.id'

/** Those that started before `ends`, without the first `skipped` of them. */
export const jobsFrom = (reader: Reader, { kind, account }: ReportOf, ends: string, skipped: bigint, limit: number) =>
  rows<ReportRow>(
    reader,
    `select ${columns}
       from jobs.jobs j
      where ${mine[kind]} and j.finished_at is not null and j.started_at < $2
      ${inOrder}
     offset $3 limit $4`,
    [account, ends, skipped, limit],
  )

/**
 * The same where very many are skipped, as of one second: they are counted in the index alone, and the first of the page
 * is looked up by its key.
 */
export const jobsFarFrom = (
  reader: Reader,
  { kind, account }: ReportOf,
  ends: string,
  skipped: bigint,
  limit: number,
) => {
  const listed = `from jobs.jobs j where ${mine[kind]} and j.finished_at is not null`
  return rows<ReportRow>(
    reader,
    `with first as materialized (
       select j.started_at as at, j.id ${listed} and j.started_at < $2 ${inOrder} offset $3 limit 1
     ), found as (
       (select j.id, j.started_at ${listed}
           and j.started_at = (select at from first) and j.id >= (select id from first) ${inOrder} limit $4)
       union all
       (select j.id, j.started_at ${listed} and j.started_at < (select at from first) ${inOrder} limit $4)
     )
     select ${columns}
       from jobs.jobs j
      where j.id in (select id from found order by started_at desc, id limit $4)
      ${inOrder}`,
    [account, ends, skipped, limit],
  )
}

/** The condition of a filtered report, and its values. */
function filtered({ kind, account }: ReportOf, { after, before, user, group, type, subtype }: Filter) {
  const values: unknown[] = [account]
  const conditions: string[] = [mine[kind], 'j.finished_at is not null']
  const add = (condition: string, value: unknown): void => {
    if (value !== undefined) conditions.push(`${condition} $${values.push(value)}`)
  }
  add('j.started_at >=', after)
  add('j.started_at <', before)
  add('j.user_id =', user)
  add('j.group_id =', group)
  add('j.type =', type)
  add('j.subtype =', subtype)
  return { condition: conditions.join(' and '), values }
}

export async function countFiltered(reader: Reader, of: ReportOf, filter: Filter): Promise<number> {
  const { condition, values } = filtered(of, filter)
  const counted = await row<{ total: string }>(
    reader,
    `select count(*) as total from jobs.jobs j where ${condition}`,
    values,
  )
  return Number(counted?.total)
}

export function filteredJobs(reader: Reader, of: ReportOf, filter: Filter, offset: bigint, limit: number) {
  const { condition, values } = filtered(of, filter)
  const count = values.length
  return rows<ReportRow>(
    reader,
    `select ${columns}
       from jobs.jobs j where ${condition}
      ${inOrder} offset $${count + 1} limit $${count + 2}`,
    [...values, offset, limit],
  )
}

/** Those that come after a job in the order of reports: of its own second, then of the seconds before. */
export function jobsAfter(reader: Reader, of: ReportOf, filter: Filter, last: ReportRow | undefined, limit: number) {
  if (!last) return filteredJobs(reader, of, filter, 0n, limit)
  const { condition, values } = filtered(of, filter)
  const [at, id, most] = [values.length + 1, values.length + 2, values.length + 3].map((place) => `$${place}`)
  const part = (rank: number, which: string) =>
    `(select ${rank} as rank, ${columns} from jobs.jobs j where ${condition} and ${which} ${inOrder} limit ${most})`
  return rows<ReportRow>(
    reader,
    `select * from (
       ${part(1, `j.started_at = ${at}::timestamptz and j.id > ${id}`)}
       union all
       ${part(2, `j.started_at < ${at}::timestamptz`)}
     ) as found
      order by rank, started_at desc, id limit ${most}`,
    [...values, `${last.started_at}Z`, last.id, limit],
  )
}
