import type { Reader } from '../../database/reader.ts'
import type { Writer } from '../../database/writer.ts'
import type { Turn } from '../../operations/lane-command.ts'
import { nanosFrom } from '../../values/money.ts'
import { takeReportChanges } from '../report/changes.ts'
import { queueReportChanges } from '../report/sql.ts'
import type { JobEvent } from './course.ts'
import type { Job } from './job.ts'
import type { Jobs } from './reserve.ts'
import * as sql from './sql.ts'
import type { UsageWriter } from './use.ts'

/** What operations on jobs answer for. */
export const jobTables = [sql.eventsTable, sql.problemsTable] as const

/** Jobs as the desk of a batch holds them. */
export const jobShelf: Jobs = {
  async read(reader: Reader, ids) {
    const found = await sql.jobsById(reader, ids)
    return new Map(found.map((row) => [row.id, jobOf(row)]))
  },
  async write(writer: Writer, jobs) {
    const fresh = jobs.filter(({ isNew }) => isNew)
    const changed = jobs.filter(({ isNew }) => !isNew)
    if (fresh.length > 0) sql.queueJobs(writer, fresh)
    const changes = takeReportChanges(jobs)
    if (changes.length > 0) queueReportChanges(writer, changes)
    if (changed.length > 0) await sql.updateJobs(writer, changed)
  },
}

const secondsOf = (at: Date | null): number | null => (at === null ? null : at.getTime() / 1000)
const bigOrNull = (text: string | null): bigint | null => (text === null ? null : BigInt(text))

export const jobOf = (row: sql.JobRow): Job => ({
  id: row.id,
  type: row.type,
  subtype: row.subtype,
  project: row.project,
  vlab: row.vlab,
  user: row.user_id,
  group: row.group_id,
  name: row.name,
  reservations: row.reservations === '' ? [] : row.reservations.split(',').map(BigInt),
  reservedAt: row.reserved_at.getTime(),
  reservedNanos: nanosFrom(row.reserved_amount),
  reserved: {
    count: bigOrNull(row.reserved_count),
    duration: bigOrNull(row.duration),
    instances: bigOrNull(row.instances),
    instanceType: row.instance_type,
  },
  price: bigOrNull(row.price),
  discount: bigOrNull(row.discount),
  course: {
    startedAt: secondsOf(row.started_at),
    aliveAt: secondsOf(row.alive_at),
    finishedAt: secondsOf(row.told_finish),
    units: BigInt(row.units),
    instances: BigInt(row.running),
    toldAt: secondsOf(row.told_at),
  },
  finishedAt: secondsOf(row.finished_at),
  cancelledAt: row.cancelled_at === null ? null : row.cancelled_at.getTime(),
  charged: nanosFrom(row.charged),
  absorbed: nanosFrom(row.absorbed),
  listedAt: row.finished_at === null ? null : secondsOf(row.started_at),
  isNew: false,
})

export const eventOf = ({ kind, at, instances, count }: sql.EventRow): JobEvent => ({
  kind,
  at: at.getTime() / 1000,
  instances: bigOrNull(instances),
  count: bigOrNull(count),
})

export const usageWriter: UsageWriter = {
  event(turn: Turn, job, event) {
    const id = turn.nextId()
    turn.add(sql.eventsTable, () => sql.eventLine(id, turn.operation, job, event))
  },
  problem(turn: Turn, problem) {
    const id = turn.nextId()
    turn.add(sql.problemsTable, () => sql.problemLine(id, turn.operation, turn.at, problem))
  },
}
