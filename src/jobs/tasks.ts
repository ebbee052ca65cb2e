import type { Task } from '../tasks/task.ts'
import type { JobDesk } from './job/commands.ts'
import { foldReports } from './report/fold/commands.ts'
import type { Storage } from './storage/commands.ts'

/** Few enough that requests of the lane do not wait for them. */
const atOnce = 50

/**
 * Gives up jobs that gave no sign of life, charges storage that goes on, and counts what finished where reports list it:
 * once, however many servers there are.
 */
export const jobTasks = (desk: JobDesk, storage: Storage): Task[] => [
  {
    name: 'expire-jobs',
    everySeconds: 10,
    run: async ({ signal }) => {
      for (let after = nil; !signal.aborted; ) {
        const silent = await desk.silent(after, atOnce)
        await Promise.all(silent.map((id) => desk.expire(id)))
        if (silent.length < atOnce) return
        after = silent.at(-1) ?? after
      }
    },
  },
  {
    name: 'charge-storage',
    everySeconds: 60,
    run: async ({ signal }) => {
      const now = Math.floor(Date.now() / 1000)
      const before = (now - desk.rules.storageSeconds) * 1000
      for (let after = nil; !signal.aborted; ) {
        const due = await storage.due(before, after, atOnce)
        await Promise.all(due.map((of) => storage.charge(of, now)))
        if (due.length < atOnce) return
        after = due.at(-1)?.project ?? after
      }
    },
  },
  {
    name: 'fold-job-reports',
    everySeconds: 5,
    run: () => foldReports(desk.counter.credits.house),
  },
]

const nil = '00000000-0000-0000-0000-000000000000'
