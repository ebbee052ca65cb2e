import { noting } from '../../../database/transaction.ts'
import type { House } from '../../../operations/house.ts'
import * as sql from './sql.ts'

/** A page in the middle of a part is walked to, so parts are small; yet few enough to be added up for each page. */
const partSize = 2_000
const partMax = 5_000

/** Counts into the parts what was finished since the last time. Whoever looks sees the same before and after it. */
export const foldReports = (house: House): Promise<void> =>
  noting(house.database, async (client) => {
    await sql.lockParts(client)
    for (const part of await sql.foldChanges(client)) {
      if (Number(part.jobs) > partMax) await sql.splitPart(client, part, partSize)
    }
  })
