import { type Reader, row, rows } from '../../../database/reader.ts'
import type { JobEvent } from '../../job/course.ts'

export type OpenRow = {
  id: string
  vlab: string
  project: string
  subtype: string
  started_at: Date | null
  alive_at: Date | null
  reserved_at: Date
}

/** Longrun jobs that have neither ended nor been given up, of a scope (null: all) and a subtype (null: any). */
const isOpen = `type = 'longrun' and finished_at is null and cancelled_at is null
        and ($1::uuid[] is null or project = any ($1) or vlab = any ($1)) and ($2::text is null or subtype = $2)`

type Scope = readonly string[] | null

/** The one that was reserved first comes first. */
export const openJobs = (reader: Reader, scope: Scope, subtype: string | null, offset: bigint, limit: number) =>
  rows<OpenRow>(
    reader,
    `select id, vlab, project, subtype, started_at, alive_at, reserved_at
       from jobs.jobs where ${isOpen} order by reserved_at, id offset $3 limit $4`,
    [scope, subtype, offset, limit],
  )

export const countOpenJobs = async (reader: Reader, scope: Scope, subtype: string | null): Promise<number> =>
  Number(
    (await row<{ total: string }>(reader, `select count(*) as total from jobs.jobs where ${isOpen}`, [scope, subtype]))
      ?.total,
  )

export type ToldRow = {
  job: string
  operation: string
  kind: JobEvent['kind']
  at: Date
  instances: string | null
  count: string | null
}

/** What a job told, in the order in which it counts. */
export const toldBy = (reader: Reader, job: string) =>
  rows<ToldRow>(
    reader,
    `select job, operation, kind, at, instances, count
       from jobs.events
      where job = $1
      order by at, array_position(array['oneshot', 'started', 'running', 'finished'], kind),
               coalesce(count, instances, -1), id`,
    [job],
  )

export type ProblemRow = {
  id: string
  operation: string
  at: Date
  reason: string
  project: string
  job: string | null
  event: string
}

export type WantedProblems = { readonly project: string | null; readonly job: string | null }

const isWanted = `($1::uuid is null or project = $1) and ($2::uuid is null or job = $2)`

/** Newest first. */
export const problems = (reader: Reader, { project, job }: WantedProblems, offset: bigint, limit: number) =>
  rows<ProblemRow>(
    reader,
    `select id, operation, at, reason, project, job, event
       from jobs.problems where ${isWanted} order by id desc offset $3 limit $4`,
    [project, job, offset, limit],
  )

export const countProblems = async (reader: Reader, { project, job }: WantedProblems): Promise<number> =>
  Number(
    (
      await row<{ total: string }>(reader, `select count(*) as total from jobs.problems where ${isWanted}`, [
        project,
        job,
      ])
    )?.total,
  )
