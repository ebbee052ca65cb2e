import { arrayOf } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'

/** `is_due`: something ran out that nobody ended yet. */
export type FundsRow = { owner: string; posted: string; held: string; is_due: boolean }

export const funds = (reader: Reader, owners: readonly string[], currency: string) =>
  rows<FundsRow>(
    reader,
    `select owner, posted, held, coalesce(least(next_due, next_expiry) <= clock_timestamp(), false) as is_due
       from ledger.wallets
      where owner = any ($1::uuid[]) and currency = $2`,
    [arrayOf(owners), currency],
    'jobs.funds',
  )

/** Of all accounts together, those that are disabled too. */
export const fundsOfAll = (reader: Reader, currency: string) =>
  row<{ posted: string }>(
    reader,
    `select coalesce(sum(w.posted), 0)::text as posted
       from jobs.accounts a
       join ledger.wallets w on w.owner = a.id
      where w.currency = $1`,
    [currency],
    'jobs.funds_of_all',
  )
