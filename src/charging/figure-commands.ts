import type { Figure } from '../http/metrics.ts'
import { postedByKind } from '../ledger/listing-commands.ts'
import { countWaiting } from '../metering/quarantine-commands.ts'
import type { House } from '../operations/house.ts'

/** How money stands in the books, and what waits in quarantine: of all processes of this database. */
export const moneyFigures = (house: House): Figure[] => [
  {
    name: 'bursar_posted',
    help: 'Balances of all accounts together, by kind and currency, each on its normal side.',
    labels: ['kind', 'currency'],
    read: async () =>
      (await postedByKind(house.database.pool)).map(({ kind, currency, posted }) => ({
        labels: { kind, currency },
        value: Number(posted),
      })),
  },
  {
    name: 'bursar_quarantined',
    help: 'What waits in quarantine, by source.',
    labels: ['source'],
    read: async () =>
      (await countWaiting(house.database.pool)).map(({ source, count }) => ({
        labels: { source },
        value: Number(count),
      })),
  },
]
