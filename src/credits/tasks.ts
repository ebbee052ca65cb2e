import type { Task } from '../tasks/task.ts'
import type { Credits } from './commands.ts'
import { dueWallets } from './listing/sql.ts'

/** Few enough that requests of the lane do not wait for them. */
const atOnce = 50

/** Each ends a thousand reservations of a wallet; what is left then waits for the next run. */
const passesMax = 100

/** Ends what ran out on wallets that nobody touches: reservations past their time, credits past their date. */
export const creditTasks = (credits: Credits): Task[] => [
  {
    name: 'expire-credits',
    everySeconds: 5,
    run: async ({ signal }) => {
      // Credits that are held do not expire, and their wallets stay due; reservations that ran out come to an end.
      let of: 'holds' | 'all' = 'all'
      for (let pass = 0; pass < passesMax && !signal.aborted; pass += 1) {
        if ((await sweepAll(credits, of, signal)) === 0) return
        of = 'holds'
      }
    },
  },
]

/** Answers how many wallets were due. */
async function sweepAll(credits: Credits, of: 'holds' | 'all', signal: AbortSignal): Promise<number> {
  let count = 0
  for (let after = '0'; !signal.aborted; ) {
    const due = await dueWallets(credits.house.database.pool, of, after, atOnce)
    await Promise.all(due.map(({ owner, currency }) => credits.sweep(owner, currency)))
    count += due.length
    if (due.length < atOnce) return count
    after = due.at(-1)?.id ?? after
  }
  return count
}
