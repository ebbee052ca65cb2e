import type { Counter } from '../charging/counter-commands.ts'
import type { Figure } from '../http/metrics.ts'
import type { House } from '../operations/house.ts'
import type { Directory } from '../parties/directory-commands.ts'
import type { Currency } from '../values/money.ts'
import { Accounts } from './account/accounts-commands.ts'
import { jobFigures } from './figure/commands.ts'
import { JobDesk } from './job/commands.ts'
import { JobPrices } from './price/prices-commands.ts'
import { type JobRules, usualRules } from './rules.ts'
import { Storage } from './storage/commands.ts'

/** What the doors of this module work with. */
export type JobParts = {
  readonly house: House
  readonly counter: Counter
  readonly directory: Directory
  readonly accounts: Accounts
  readonly prices: JobPrices
  readonly desk: JobDesk
  readonly storage: Storage
  /** What all accounts here are in. */
  readonly currency: Currency
  /** More than so many nanos take a second person. */
  readonly fundLimit: bigint | undefined
  /** For the metrics. */
  readonly figures: readonly Figure[]
}

export function newJobParts(
  counter: Counter,
  directory: Directory,
  currency: Currency,
  rules: JobRules = usualRules,
  fundLimit?: bigint,
): JobParts {
  const { house } = counter.credits
  const accounts = new Accounts(house.database.pool)
  const prices = new JobPrices(house)
  const desk = new JobDesk(counter, prices, currency, rules, () => directory.provider(undefined))
  const parts = { house, counter, directory, accounts, prices, desk, storage: new Storage(desk), currency, fundLimit }
  return { ...parts, figures: jobFigures(desk) }
}
