import { type Reader, row, rows } from '../database/reader.ts'
import type { TaskState } from './task.ts'

/** All times are the database's: the clocks of two machines need not agree. */
export const register = (reader: Reader, names: readonly string[]) =>
  rows(
    reader,
    `insert into tasks.tasks (name, due_at) select unnest($1::text[]), clock_timestamp() on conflict do nothing`,
    [names],
  )

export const due = (reader: Reader, names: readonly string[]) =>
  rows<{ name: string }>(
    reader,
    `select name from tasks.tasks
      where name = any ($1) and due_at <= clock_timestamp()
        and (leased_until is null or leased_until <= clock_timestamp())
      order by due_at, name`,
    [names],
    'tasks.due',
  )

/** Takes a lease that is free or has run out; answers nothing when another was quicker. */
export const lease = (reader: Reader, name: string, holder: string, seconds: number) =>
  row<{ name: string }>(
    reader,
    `update tasks.tasks
        set holder = $2, leased_until = clock_timestamp() + $3 * interval '1 second',
            started_at = clock_timestamp(), progress = null
      where name = $1 and due_at <= clock_timestamp()
        and (leased_until is null or leased_until <= clock_timestamp())
      returning name`,
    [name, holder, seconds],
  )

/** Nothing when the lease was lost. */
export const renew = (reader: Reader, name: string, holder: string, seconds: number, progress: string | null) =>
  row<{ name: string }>(
    reader,
    `update tasks.tasks
        set leased_until = clock_timestamp() + $3 * interval '1 second', progress = coalesce($4, progress)
      where name = $1 and holder = $2 and leased_until > clock_timestamp()
      returning name`,
    [name, holder, seconds, progress],
  )

export const finish = (reader: Reader, name: string, holder: string, everySeconds: number) =>
  rows(
    reader,
    `update tasks.tasks
        set holder = null, leased_until = null, finished_at = clock_timestamp(), failure = null, failures = 0,
            due_at = clock_timestamp() + $3 * interval '1 second', runs = runs + 1
      where name = $1 and holder = $2`,
    [name, holder, everySeconds],
  )

export const fail = (reader: Reader, name: string, holder: string, failure: string, retrySeconds: readonly number[]) =>
  rows(
    reader,
    `update tasks.tasks
        set holder = null, leased_until = null, finished_at = clock_timestamp(), failure = $3, runs = runs + 1,
            failures = failures + 1,
            due_at = clock_timestamp() + ($4::float8[])[least(failures + 1, cardinality($4::float8[]))] * interval '1 second'
      where name = $1 and holder = $2`,
    [name, holder, failure, retrySeconds],
  )

type StateRow = {
  name: string
  holder: string | null
  leased_until: Date | null
  due_at: Date
  started_at: Date | null
  finished_at: Date | null
  progress: string | null
  failure: string | null
  runs: string
  failures: string
}

export const states = async (reader: Reader): Promise<TaskState[]> =>
  (
    await rows<StateRow>(
      reader,
      `select name, holder, leased_until, due_at, started_at, finished_at, progress, failure, runs, failures
         from tasks.tasks order by name`,
    )
  ).map(({ name, holder, progress, failure, ...found }) => ({
    name,
    holder,
    progress,
    failure,
    leasedUntil: found.leased_until,
    dueAt: found.due_at,
    startedAt: found.started_at,
    finishedAt: found.finished_at,
    runs: Number(found.runs),
    failures: Number(found.failures),
  }))
