import type { Figure, Metrics } from '../../http/metrics.ts'
import type { JobDesk } from '../job/commands.ts'
import * as sql from './sql.ts'

/** How jobs stand in the books: of all processes of this database. */
export function jobFigures({ counter, rules }: JobDesk): Figure[] {
  const reader = counter.credits.house.database.pool
  let asked: ReturnType<typeof sql.openJobs> | undefined
  // Both figures are read at one moment, and asked for once.
  const open = () =>
    (asked ??= sql
      .openJobs(reader, new Date(Date.now() - rules.silentSeconds * 1000))
      .finally(() => (asked = undefined)))
  return [
    {
      name: 'bursar_jobs_open',
      help: 'Jobs that are reserved or run, by type.',
      labels: ['type'],
      read: async () => (await open()).map((row) => ({ labels: { type: row.type }, value: Number(row.open) })),
    },
    {
      name: 'bursar_jobs_silent',
      help: 'Running jobs that gave no sign of life for so long that they are given up next.',
      labels: ['type'],
      read: async () => (await open()).map((row) => ({ labels: { type: row.type }, value: Number(row.silent) })),
    },
    {
      name: 'bursar_jobs_problems',
      help: 'Usage of jobs that was kept because it could not be charged as it was told, by reason.',
      labels: ['reason'],
      read: async () =>
        (await sql.keptProblems(reader)).map(({ reason, count }) => ({ labels: { reason }, value: Number(count) })),
    },
  ]
}

type Log = { warn(about: object, message: string): void }

/** Counts and says when a job has cost more than its project had. */
export function countRunOuts(metrics: Pick<Metrics, 'counter'>, desk: JobDesk, log: Log): void {
  const count = metrics.counter({
    name: 'bursar_jobs_ran_out_total',
    help: 'How often a project ran out of credits while one of its jobs ran.',
  })
  desk.onRanOut = (project) => {
    count()
    log.warn({ project }, 'a project ran out of credits while a job ran')
  }
}
