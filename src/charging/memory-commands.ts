import { KnownParties } from '../parties/memory.ts'
import { Raters } from './book-commands.ts'

/** What stays between the pages of one process: names, prices and periods met before. */
export type Memory = { readonly parties: KnownParties; readonly raters: Raters; readonly periods: Set<string> }

export const newMemory = (zone: string): Memory => ({
  parties: new KnownParties(),
  raters: new Raters(zone),
  periods: new Set(),
})
