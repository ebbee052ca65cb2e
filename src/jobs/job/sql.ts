import { arrayOf, copyText, textArrayOf, timestampText } from '../../database/copy-text.ts'
import { type Reader, rows, rowsLater } from '../../database/reader.ts'
import { changeExactly, queueRows, type SealedTable, type Writer } from '../../database/writer.ts'
import { nanosFixed } from '../../values/money.ts'
import type { ServiceType } from '../price/cost.ts'
import type { JobEvent } from './course.ts'
import type { Job } from './job.ts'

const table = (name: string, columns: string): SealedTable => ({ name, columns: columns.split(' ') })

export const eventsTable = table('jobs.events', 'id operation job kind at instances count')
export const problemsTable = table('jobs.problems', 'id operation at reason project job event')

const orNull = (value: bigint | string | null): string => (value === null ? '\\N' : String(value))
const told = (seconds: number | null): string => (seconds === null ? '\\N' : timestampText(seconds * 1000))

/** An event as it is kept; of storage, how much is stored from then on stands as its count. */
export type KeptEvent = Omit<JobEvent, 'kind'> & { readonly kind: JobEvent['kind'] | 'stored' }

export const eventLine = (id: bigint, operation: bigint, job: string, event: KeptEvent): string =>
  `${id}\t${operation}\t${job}\t${event.kind}\t${told(event.at)}\t${orNull(event.instances)}\t${orNull(event.count)}`

/** Usage that could not be charged as it was told. */
export type JobProblem = {
  readonly reason: string
  readonly project: string
  readonly job: string | null
  /** What was told, as JSON. */
  readonly event: string
}

export const problemLine = (id: bigint, operation: bigint, at: number, problem: JobProblem): string =>
  `${id}\t${operation}\t${timestampText(at)}\t${copyText(problem.reason)}\t${problem.project}\t` +
  `${orNull(problem.job)}\t${copyText(problem.event)}`

export type JobRow = {
  id: string
  type: ServiceType
  subtype: string
  project: string
  vlab: string
  user_id: string | null
  group_id: string | null
  name: string | null
  reservations: string
  reserved_at: Date
  reserved_amount: string
  reserved_count: string | null
  duration: string | null
  instances: string | null
  instance_type: string | null
  price: string | null
  discount: string | null
  started_at: Date | null
  alive_at: Date | null
  told_finish: Date | null
  units: string
  running: string
  told_at: Date | null
  finished_at: Date | null
  cancelled_at: Date | null
  charged: string
  absorbed: string
}

const columns =
  'id, type, subtype, project, vlab, user_id, group_id, name, reservations, reserved_at, reserved_amount, ' +
  'reserved_count, duration, instances, instance_type, price, discount, started_at, alive_at, told_finish, units, ' +
  'running, told_at, finished_at, cancelled_at, charged, absorbed'

export const selectedJobs = `select ${columns.replace('reservations,', "array_to_string(reservations, ',') as reservations,")} from jobs.jobs`

export const jobsById = (reader: Reader, ids: readonly string[]) =>
  rowsLater<JobRow>(reader, `${selectedJobs} where id = any ($1::uuid[])`, [arrayOf(ids)], 'jobs.jobs_by_id')

export type EventRow = { job: string; kind: JobEvent['kind']; at: Date; instances: string | null; count: string | null }

export const eventsOf = (reader: Reader, job: string) =>
  rows<EventRow>(reader, `select job, kind, at, instances, count from jobs.events where job = $1 order by at, id`, [
    job,
  ])

/** They go out with the other rows of the batch. */
export const queueJobs = (writer: Writer, jobs: readonly Job[]) =>
  queueRows(writer, `jobs.jobs (${columns})`, jobs, jobLine)

function jobLine(job: Job): string {
  const { reserved, course } = job
  return (
    `${job.id}\t${job.type}\t${copyText(job.subtype)}\t${job.project}\t${job.vlab}\t${orNull(job.user)}\t` +
    `${orNull(job.group)}\t${copyText(job.name)}\t{${job.reservations.join(',')}}\t${timestampText(job.reservedAt)}\t` +
    `${nanosFixed(job.reservedNanos)}\t${orNull(reserved.count)}\t${orNull(reserved.duration)}\t` +
    `${orNull(reserved.instances)}\t${copyText(reserved.instanceType)}\t${orNull(job.price)}\t${orNull(job.discount)}\t` +
    `${told(course.startedAt)}\t${told(course.aliveAt)}\t${told(course.finishedAt)}\t${course.units}\t` +
    `${course.instances}\t${told(course.toldAt)}\t${told(job.finishedAt)}\t` +
    `${job.cancelledAt === null ? '\\N' : timestampText(job.cancelledAt)}\t${nanosFixed(job.charged)}\t` +
    nanosFixed(job.absorbed)
  )
}

/** A time as part of an array of texts; nothing is told by an empty one. */
const part = (seconds: number | null): string => (seconds === null ? '' : timestampText(seconds * 1000))

export const updateJobs = (writer: Writer, jobs: readonly Job[]) =>
  changeExactly(
    writer,
    jobs.length,
    `update jobs.jobs
        set name = moved.name, subtype = moved.subtype, reservations = moved.reservations::bigint[],
            started_at = nullif(moved.started_at, '')::timestamptz, alive_at = nullif(moved.alive_at, '')::timestamptz,
            told_finish = nullif(moved.told_finish, '')::timestamptz, units = moved.units, running = moved.running,
            told_at = nullif(moved.told_at, '')::timestamptz,
            finished_at = nullif(moved.finished_at, '')::timestamptz,
            cancelled_at = nullif(moved.cancelled_at, '')::timestamptz, charged = moved.charged, absorbed = moved.absorbed
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::numeric[],
                   $9::text[], $10::text[], $11::text[], $12::numeric[], $13::numeric[], $14::text[])
         as moved (id, name, reservations, started_at, alive_at, told_finish, units, running, told_at, finished_at,
                   cancelled_at, charged, absorbed, subtype)
      where jobs.id = moved.id`,
    [
      arrayOf(jobs.map(({ id }) => id)),
      jobs.map(({ name }) => name),
      textArrayOf(jobs.map(({ reservations }) => `{${reservations.join(',')}}`)),
      textArrayOf(jobs.map(({ course }) => part(course.startedAt))),
      textArrayOf(jobs.map(({ course }) => part(course.aliveAt))),
      textArrayOf(jobs.map(({ course }) => part(course.finishedAt))),
      arrayOf(jobs.map(({ course }) => course.units)),
      arrayOf(jobs.map(({ course }) => course.instances)),
      textArrayOf(jobs.map(({ course }) => part(course.toldAt))),
      textArrayOf(jobs.map(({ finishedAt }) => part(finishedAt))),
      textArrayOf(jobs.map(({ cancelledAt }) => (cancelledAt === null ? '' : timestampText(cancelledAt)))),
      arrayOf(jobs.map(({ charged }) => nanosFixed(charged))),
      arrayOf(jobs.map(({ absorbed }) => nanosFixed(absorbed))),
      textArrayOf(jobs.map(({ subtype }) => subtype)),
    ],
    'jobs.update_jobs',
  )

/** Jobs that gave no sign of life since, and those that never started and whose reservation ran out; a page by id. */
export const silentJobs = (reader: Reader, aliveBefore: Date, reservedBefore: Date, after: string, limit: number) =>
  rows<{ id: string }>(
    reader,
    `select id from jobs.jobs
      where type in ('longrun', 'oneshot') and finished_at is null and cancelled_at is null
        and (alive_at < $1 or (alive_at is null and reserved_at < $2)) and id > $3
      order by id
      limit $4`,
    [aliveBefore, reservedBefore, after, limit],
  )
