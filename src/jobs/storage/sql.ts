import { arrayOf } from '../../database/copy-text.ts'
import { type Reader, row, rows, rowsLater } from '../../database/reader.ts'
import { type JobRow, selectedJobs } from '../job/sql.ts'
import { missingPrice } from './level.ts'

/**
 * The storage jobs of some projects that have not ended, or ended so late that usage can still be told before. Put
 * off in a batch.
 */
export const storageJobs = (reader: Reader, projects: readonly string[], endedAfter: Date) =>
  rowsLater<JobRow>(
    reader,
    `${selectedJobs}
      where type = 'storage' and project = any ($1::uuid[]) and (finished_at is null or finished_at >= $2)
      order by project, started_at`,
    [arrayOf(projects), endedAfter],
    'jobs.storage_jobs',
  )

/** Whether a part of what it stored had no price when it was told of. */
export const lackedPrice = async (reader: Reader, job: string): Promise<boolean> =>
  (
    await row<{ found: boolean }>(
      reader,
      `select exists (select from jobs.problems where job = $1 and starts_with(reason, $2)) as found`,
      [job, missingPrice],
    )
  )?.found ?? false

/** Storage that goes on and was not charged since. */
export const dueStorage = (reader: Reader, chargedBefore: Date, after: string, limit: number) =>
  rows<{ project: string; vlab: string }>(
    reader,
    `select distinct project, vlab
       from jobs.jobs
      where type = 'storage' and finished_at is null and cancelled_at is null and alive_at < $1 and project > $2::uuid
      order by project
      limit $3`,
    [chargedBefore, after, limit],
  )
