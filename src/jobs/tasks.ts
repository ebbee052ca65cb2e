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
    run: ({ signal }) =>
      inPages(
        signal,
        (after) => desk.silent(after, atOnce),
        (id) => id,
        (id) => desk.expire(id),
      ),
  },
  {
    name: 'charge-storage',
    everySeconds: 60,
    run: ({ signal }) => {
      const now = Math.floor(Date.now() / 1000)
      const before = (now - desk.rules.storageSeconds) * 1000
      return inPages(
        signal,
        (after) => storage.due(before, after, atOnce),
        ({ project }) => project,
        (of) => storage.charge(of, now),
      )
    },
  },
  {
    name: 'fold-job-reports',
    everySeconds: 5,
    run: () => foldReports(desk.counter.credits.house),
  },
]

const nil = '00000000-0000-0000-0000-000000000000'

/** One that fails holds nobody up: the others are done first, then it is told. */
async function inPages<Item>(
  signal: AbortSignal,
  page: (after: string) => Promise<readonly Item[]>,
  idOf: (item: Item) => string,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  for (let after = nil; !signal.aborted; ) {
    const items = await page(after)
    for (const done of await Promise.allSettled(items.map(work))) {
      if (done.status === 'rejected') failures.push(done.reason)
    }
    const last = items.at(-1)
    if (items.length < atOnce || !last) break
    after = idOf(last)
  }
  if (failures.length > 0) throw failures[0]
}
