import { type Reader, rows } from '../../database/reader.ts'

export type FlowRow = { currency: string; side: 'debit' | 'credit'; reason: string; amount: string }

/** What went into and out of the wallets of a payer in [from, to), by why it moved. */
export const flows = (reader: Reader, owner: string, from: Date | null, to: Date | null) =>
  rows<FlowRow>(
    reader,
    `select w.currency, e.side, e.reason, sum(e.amount) as amount
       from ledger.wallets w
       join ledger.entries e on e.account = w.id
      where w.owner = $1
        and ($2::timestamptz is null or e.at >= $2)
        and ($3::timestamptz is null or e.at < $3)
      group by w.currency, e.side, e.reason
      order by w.currency, e.reason, e.side`,
    [owner, from, to],
  )
