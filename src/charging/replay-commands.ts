import type { Fact } from '../metering/fact.ts'
import { waiting, type WaitingRow } from '../metering/quarantine-commands.ts'
import type { House } from '../operations/house.ts'
import { trying } from '../operations/trial.ts'
import { chargePage } from './commands.ts'
import { type Memory, newMemory } from './memory-commands.ts'
import { emptyResult, factDoor, type PageResult, type PageSettings, type Replay, together } from './page.ts'
import { eventDoor } from './event.ts'
import { factFrom } from './quarantine-commands.ts'
import { readUsageAgain } from './usage-commands.ts'
import { usageDoor } from './usage.ts'
import { writeTrueUps } from './true-up-commands.ts'

/** Reads a quarantined row of its door again. */
export type RowReader = (row: WaitingRow) => Promise<{ facts: readonly Fact[]; reason: string | undefined }>

export type ReplayChoice = Omit<PageSettings, 'chargeFrom'> & {
  /** These rows only; all that wait without it. */
  readonly only: readonly bigint[] | undefined
  readonly dryRun: boolean
  readonly readers: Readonly<Record<string, RowReader>>
  readonly signal: AbortSignal
  readonly onPage: (soFar: PageResult) => void
}

const pageSize = 500

/** Tries what waits in quarantine once more. Each page charges and ends the waiting in one operation. */
export async function replay(house: House, choice: ReplayChoice, memory: Memory): Promise<PageResult> {
  if (choice.dryRun) {
    return await trying(house, (tried) => replay(tried, { ...choice, dryRun: false }, newMemory(house.zone)))
  }
  const usage: RowReader = (row) => readUsageAgain(house, row)
  const own = { [factDoor]: readFact, [usageDoor]: usage, [eventDoor]: usage }
  let result = emptyResult
  for (let after = 0n; !choice.signal.aborted; ) {
    const rows = await waiting(house.database.pool, after, pageSize, choice.only)
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.id
    // Whether usage of long ago is charged was decided when it was quarantined.
    for (const [chargeFrom, alike] of Map.groupBy(rows, (row) => row.chargeFrom)) {
      const replays = await readAll(alike, { ...own, ...choice.readers })
      const page = { facts: replays.flatMap(({ facts }) => facts), bad: [], replays }
      result = together(result, await chargePage(house, page, { ...choice, chargeFrom }, memory))
    }
    choice.onPage(result)
  }
  const { amounts } = await writeTrueUps(house, choice.principal, memory)
  return together(result, { ...emptyResult, amounts })
}

async function readAll(rows: readonly WaitingRow[], readers: ReplayChoice['readers']): Promise<Replay[]> {
  const replays: Replay[] = []
  for (const row of rows) {
    const read = readers[row.door]
    const found = read ? await read(row) : { facts: [], reason: `nothing here reads rows of “${row.door}”` }
    replays.push({ id: row.id, ...found })
  }
  return replays
}

const readFact: RowReader = async ({ raw, measuredAt }) => ({ facts: [factFrom(raw, measuredAt)], reason: undefined })
