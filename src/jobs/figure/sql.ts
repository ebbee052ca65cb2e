import { type Reader, rows } from '../../database/reader.ts'
import type { ServiceType } from '../price/cost.ts'

/** Jobs that have not ended, and those of them that run and gave no sign of life since; the index knows them. */
export const openJobs = (reader: Reader, aliveBefore: Date) =>
  rows<{ type: ServiceType; open: string; silent: string }>(
    reader,
    `select type, count(*) as open, count(*) filter (where type <> 'storage' and alive_at < $1) as silent
       from jobs.jobs
      where finished_at is null and cancelled_at is null
      group by type`,
    [aliveBefore.toISOString()],
  )

export const keptProblems = (reader: Reader) =>
  rows<{ reason: string; count: string }>(reader, `select reason, count(*) from jobs.problems group by reason`)
