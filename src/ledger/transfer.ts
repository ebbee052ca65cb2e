import type { Currency } from '../values/money.ts'
import { type AccountKind, chart, type Side } from './chart.ts'

/** An account by name: the UUID of the party it belongs to, and its place in the chart. */
export type AccountName = { readonly owner: string; readonly kind: AccountKind }

/** One debit and one credit of the same amount: an unbalanced transfer cannot be written down. */
export type Transfer = {
  readonly id: bigint
  readonly debit: AccountName
  readonly credit: AccountName
  readonly currency: Currency
  /** Greater than zero. */
  readonly nanos: bigint
  readonly reason:
    | 'charge'
    | 'reversal'
    | 'true-up'
    | 'grant'
    | 'withdraw'
    | 'move'
    | 'settle'
    | 'expire'
    | 'absorb'
    | 'refund'
  /** The first day of the accounting period, `2026-11-01`. */
  readonly period: string
}

export type Account = {
  readonly id: bigint
  readonly kind: AccountKind
  posted: bigint
  entries: bigint
}

/** A transfer with its place in both accounts' histories and the balances after it. */
export type PostedTransfer = Transfer & {
  readonly debitAccount: bigint
  readonly creditAccount: bigint
  readonly debitEntry: bigint
  readonly debitAfter: bigint
  readonly creditEntry: bigint
  readonly creditAfter: bigint
}

export const accountKey = (name: AccountName, currency: Currency): string => `${name.owner} ${name.kind} ${currency}`

/** Posts transfers, one after the other, to the accounts given; the accounts move along. Pure but for them. */
export function planPosting(accounts: ReadonlyMap<string, Account>, transfers: readonly Transfer[]): PostedTransfer[] {
  return transfers.map((transfer) => {
    const debit = accounts.get(accountKey(transfer.debit, transfer.currency)) as Account
    const credit = accounts.get(accountKey(transfer.credit, transfer.currency)) as Account
    move(debit, 'debit', transfer.nanos)
    move(credit, 'credit', transfer.nanos)
    return {
      ...transfer,
      debitAccount: debit.id,
      creditAccount: credit.id,
      debitEntry: debit.entries,
      debitAfter: debit.posted,
      creditEntry: credit.entries,
      creditAfter: credit.posted,
    }
  })
}

function move(account: Account, side: Side, nanos: bigint): void {
  account.posted += chart[account.kind].normalSide === side ? nanos : -nanos
  account.entries += 1n
}

/** Where a transfer stands in one account's history, and the balance after it. */
export type Entry = { readonly account: bigint; readonly entry: bigint; readonly after: bigint }

/** A transfer on its way: the sides that are posted already, wallets before the accounts of the house. */
export type Posting = { readonly transfer: Transfer; debit: Entry | undefined; credit: Entry | undefined }

/** Moves the account. */
export function entryOn(account: Account, side: Side, nanos: bigint): Entry {
  move(account, side, nanos)
  return { account: account.id, entry: account.entries, after: account.posted }
}
