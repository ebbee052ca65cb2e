import type { Counter } from '../charging/counter-commands.ts'
import type { House } from '../operations/house.ts'
import type { Directory } from '../parties/directory-commands.ts'
import type { Currency } from '../values/money.ts'
import { Accounts } from './account/accounts-commands.ts'
import { JobPrices } from './price/prices-commands.ts'

/** What the doors of this module work with. */
export type JobParts = {
  readonly house: House
  readonly counter: Counter
  readonly directory: Directory
  readonly accounts: Accounts
  readonly prices: JobPrices
  /** What all accounts here are in. */
  readonly currency: Currency
}

export function newJobParts(counter: Counter, directory: Directory, currency: Currency): JobParts {
  const { house } = counter.credits
  const accounts = new Accounts(house.database.pool)
  return { house, counter, directory, accounts, prices: new JobPrices(house), currency }
}
