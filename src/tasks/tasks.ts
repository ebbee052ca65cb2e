import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { House } from '../operations/house.ts'
import { dueTasks, type Ran, registerTasks, runTask } from './commands.ts'
import type { Task } from './task.ts'

export type TaskLoop = {
  /** Tells what runs to stop, and waits until it has. */
  stop(): Promise<void>
}

/** Who holds a lease, for people who look at the table; the random part tells two runs of one process apart. */
const newHolder = (): string => `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`

/** Runs tasks when they fall due, beside each other, until it is stopped; `told` hears of every run and failure. */
export function startTasks(house: House, tasks: readonly Task[], told: (ran: Ran) => void): TaskLoop {
  const stopping = new AbortController()
  const holder = newHolder()
  const running = new Map<string, Promise<void>>()

  const begin = (task: Task): void => {
    if (running.has(task.name)) return
    const turn = runTask(house, task, holder, stopping.signal)
      .then((ran) => ran && told(ran))
      .catch((error: unknown) => told({ name: task.name, failure: error as Error }))
      .finally(() => running.delete(task.name))
    running.set(task.name, turn)
  }

  const loop = async (): Promise<void> => {
    let registered = false
    while (!stopping.signal.aborted) {
      try {
        if (!registered) await registerTasks(house, tasks)
        registered = true
        for (const task of await dueTasks(house, tasks)) begin(task)
      } catch (error) {
        told({ name: 'tasks', failure: error as Error })
      }
      await sleep(1000, undefined, { signal: stopping.signal }).catch(() => {})
    }
    await Promise.all(running.values())
  }

  const ended = loop()
  return {
    stop: async () => {
      stopping.abort(new Error('the program stops'))
      await ended
    },
  }
}
