import { noting } from '../database/transaction.ts'
import type { House } from '../operations/house.ts'
import * as sql from './sql.ts'
import { leaseSecondsOf, retrySeconds, type Task, type TaskState } from './task.ts'

/** What became of one task that was due. */
export type Ran = { readonly name: string; readonly failure: Error | undefined }

/** Runs what is due, each task by one holder at a time across all processes; answers what was run here. */
export async function runDue(house: House, tasks: readonly Task[], holder: string, stop?: AbortSignal): Promise<Ran[]> {
  await registerTasks(house, tasks)
  const due = await dueTasks(house, tasks)
  const ran = await Promise.all(due.map((task) => runTask(house, task, holder, stop)))
  return ran.filter((outcome) => outcome !== undefined)
}

export const registerTasks = (house: House, tasks: readonly Task[]) =>
  noting(house.database, (client) =>
    sql.register(
      client,
      tasks.map(({ name }) => name),
    ),
  )

export async function dueTasks(house: House, tasks: readonly Task[]): Promise<Task[]> {
  const due = await sql.due(
    house.database.pool,
    tasks.map(({ name }) => name),
  )
  return due.flatMap(({ name }) => tasks.find((task) => task.name === name) ?? [])
}

export const taskStates = (house: House): Promise<TaskState[]> => sql.states(house.database.pool)

/** Runs a task if its lease can be had; undefined when another has it. */
export async function runTask(house: House, task: Task, holder: string, stop?: AbortSignal): Promise<Ran | undefined> {
  const { database } = house
  const { name } = task
  const seconds = leaseSecondsOf(task)
  if (!(await noting(database, (client) => sql.lease(client, name, holder, seconds)))) return undefined

  const lost = new AbortController()
  const signal = stop ? AbortSignal.any([stop, lost.signal]) : lost.signal
  const renew = async (progress: string | null): Promise<void> => {
    const kept = await noting(database, (client) => sql.renew(client, name, holder, seconds, progress))
    if (!kept) lost.abort(new Error(`another took task ${name} over`))
  }
  // A renewal that fails is tried again; the lease itself says when it is too late.
  const timer = setInterval(() => void renew(null).catch(() => {}), (seconds * 1000) / 3)
  let failure: Error | undefined
  try {
    await task.run({ signal, progress: renew })
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
  } finally {
    clearInterval(timer)
  }
  await noting(database, (client) =>
    failure
      ? sql.fail(client, name, holder, failure.message.slice(0, 1000), retries(task))
      : sql.finish(client, name, holder, task.everySeconds),
  )
  return { name, failure }
}

const retries = (task: Task): number[] => Array.from({ length: 13 }, (_, index) => retrySeconds(task, index + 1))
