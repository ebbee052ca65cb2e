import { RecentNames } from '../metering/commands.ts'
import { KnownParties } from '../parties/memory.ts'
import { Raters } from './book-commands.ts'

/** What stays between the pages of one process: names, prices, periods and things used that were met before. */
export type Memory = {
  readonly parties: KnownParties
  readonly raters: Raters
  readonly periods: Set<string>
  readonly recent: RecentNames
}

export const newMemory = (zone: string): Memory => ({
  parties: new KnownParties(),
  raters: new Raters(zone),
  periods: new Set(),
  recent: new RecentNames(),
})
