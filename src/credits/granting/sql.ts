import { type Reader, rows } from '../../database/reader.ts'

/** What somebody was granted since a moment. */
export const grantsSince = (reader: Reader, owner: string, currency: string, since: Date) =>
  rows<{ operation: string; amount: string }>(
    reader,
    `select g.operation, g.amount
       from credits.grants g
       join ledger.wallets w on w.id = g.wallet
       join ledger.entries e on e.account = g.wallet and e.transfer = g.transfer
      where w.owner = $1 and w.currency = $2 and e.at >= $3`,
    [owner, currency, since],
  )
