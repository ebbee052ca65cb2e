import { lateIndexing } from '../database/late-index.ts'
import type { House } from '../operations/house.ts'
import { partiesRevision } from '../parties/commands.ts'
import type { Task } from '../tasks/task.ts'
import { type Memory, newMemory } from './memory-commands.ts'
import { writeTrueUps } from './true-up-commands.ts'
import { lateIndexes } from './sql.ts'
import { chargeWhatWaits } from './waiting-commands.ts'

const principal = 'bursar'
/** Whoever is still charging there writes the true-ups when done; what is older was left behind by a crash. */
const leftBehindAfter = 60_000
/** Only a change of prices or tiers gives a waiting record a price; every so often it is tried all the same. */
const triedAgainAfter = 600_000

/** Charges what waited, finishes what a crash left undone, and makes large months quick to read. */
export function chargingTasks(house: House): Task[] {
  const memory = newMemory(house.zone)
  let tried = { state: '', at: 0 }
  return [
    {
      name: 'charge-waiting',
      everySeconds: 10,
      run: async ({ progress }) => {
        const state = await stateOf(house, memory)
        if (state !== tried.state || Date.now() - tried.at > triedAgainAfter) {
          const { charged } = await chargeWhatWaits(house, principal, memory)
          tried = { state, at: Date.now() }
          if (charged > 0) await progress(`${charged} records charged that had waited for a price`)
        }
        await writeTrueUps(house, principal, memory, new Date(Date.now() - leftBehindAfter))
      },
    },
    { name: 'index-charges', everySeconds: 60, run: lateIndexing(house.database, lateIndexes) },
  ]
}

async function stateOf(house: House, memory: Memory): Promise<string> {
  const { revision } = await memory.raters.now(house.database.pool)
  return `${revision} ${await partiesRevision(house.database.pool)}`
}
