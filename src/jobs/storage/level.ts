import type { Job } from '../job/job.ts'

/** How much a project stores from a moment on, in bytes; whole seconds of the epoch. */
export type Level = { readonly at: number; readonly size: bigint }

/** All storage jobs of one project that what is told now can still change, and which of them did. */
export type StorageJobs = { readonly jobs: Job[]; readonly touched: Set<Job> }

/** How the problem begins that says that what was stored had no price for a part of the time. */
export const missingPrice = 'missing price for storage'

export const startOf = ({ course }: Job): number => course.startedAt ?? 0

/** The job that goes on at that moment; the one that began last, when several did. */
export function jobAt({ jobs }: StorageJobs, at: number): Job | undefined {
  let found: Job | undefined
  for (const job of jobs) if (startOf(job) <= at && (!found || startOf(job) > startOf(found))) found = job
  return found
}

/** When the next job after that moment begins; null when there is none. */
export function nextStart({ jobs }: StorageJobs, at: number): number | null {
  let next: number | null = null
  for (const job of jobs) if (startOf(job) > at && (next === null || startOf(job) < next)) next = startOf(job)
  return next
}

/** Up to when a job has to be charged: to its end, else as far as it was, or as somebody asks now. */
export const chargedTo = ({ finishedAt, course }: Job, asked: number): number =>
  finishedAt ?? Math.max(asked, course.aliveAt ?? 0)
