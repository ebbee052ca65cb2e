import type { Task } from '../tasks/task.ts'
import type { Credits } from './commands.ts'
import { dueWallets } from './listing/sql.ts'

/** Few enough that requests of the lane do not wait for them. */
const atOnce = 50

/** Ends what ran out on wallets that nobody touches: reservations past their time, credits past their date. */
export const creditTasks = (credits: Credits): Task[] => [
  {
    name: 'expire-credits',
    everySeconds: 5,
    run: async ({ signal }) => {
      let after = '0'
      while (!signal.aborted) {
        const due = await dueWallets(credits.house.database.pool, after, atOnce)
        await Promise.all(due.map(({ owner, currency }) => credits.sweep(owner, currency)))
        if (due.length < atOnce) return
        after = due.at(-1)?.id ?? after
      }
    },
  },
]
