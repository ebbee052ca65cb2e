import type { Counter } from '../charging/counter-commands.ts'
import type { Directory } from '../parties/directory-commands.ts'
import type { Currency } from '../values/money.ts'

/** What the doors of this module work with. */
export type JobParts = {
  readonly counter: Counter
  readonly directory: Directory
  /** What all accounts here are in. */
  readonly currency: Currency
}
