import { assert } from '../../values/assert.ts'
import type { Job } from '../job/job.ts'

/** So many more jobs that reports list as started in that second of the epoch; fewer when it is negative. */
export type ReportChange = {
  readonly project: string
  readonly vlab: string
  readonly at: number
  jobs: number
}

/** What reports list otherwise now, and that the jobs are listed so from now on. */
export function takeReportChanges(jobs: readonly Job[]): readonly ReportChange[] {
  const changes = new Map<string, ReportChange>()
  for (const job of jobs) {
    const before = job.listedAt ?? null
    const now = job.finishedAt === null ? null : job.course.startedAt
    assert(job.finishedAt === null || now !== null, 'a job that has finished had started')
    if (now === before) continue
    if (before !== null) add(changes, job, before, -1)
    if (now !== null) add(changes, job, now, 1)
    job.listedAt = now
  }
  return [...changes.values()].filter((change) => change.jobs !== 0)
}

function add(changes: Map<string, ReportChange>, { project, vlab }: Job, at: number, jobs: number): void {
  const key = `${project} ${at}`
  const found = changes.get(key)
  if (found) found.jobs += jobs
  else changes.set(key, { project, vlab, at, jobs })
}
