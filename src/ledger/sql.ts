import { arrayOf, timestampText } from '../database/copy-text.ts'
import { type Reader, row, rows, rowsLater } from '../database/reader.ts'
import { append, appendBinary, changeExactly, execute, type SealedTable, type Writer } from '../database/writer.ts'
import { nanosFixed } from '../values/money.ts'
import type { AccountKind, Side } from './chart.ts'
import type { Account, PostedTransfer } from './transfer.ts'
import { writeTransfer } from './transfer-row.ts'
import type { Wallet } from './wallet.ts'

/** The balance, the count of entries and the time of the last one move; `verify` derives those from the entries. */
export const accountsTable: SealedTable = {
  name: 'ledger.accounts',
  columns: ['id', 'operation', 'owner', 'kind', 'currency', 'normal_side', 'stripe'],
}

export const transfersTable: SealedTable = {
  name: 'ledger.transfers',
  columns: [
    'id',
    'operation',
    'debit_account',
    'credit_account',
    'currency',
    'amount',
    'reason',
    'period',
    'at',
    'debit_entry',
    'debit_after',
    'credit_entry',
    'credit_after',
  ],
}

export type NamedAccount = {
  readonly owner: string
  readonly kind: AccountKind
  readonly currency: string
  readonly normalSide: Side
}

type AccountIdRow = { id: string; owner: string; kind: AccountKind; currency: string }

export const findIds = (reader: Reader, names: readonly NamedAccount[], stripe: number) =>
  rowsLater<AccountIdRow>(
    reader,
    `select id, owner, kind, currency
       from ledger.accounts
       join unnest($1::uuid[], $2::text[], $3::text[]) as wanted (owner, kind, currency)
      using (owner, kind, currency)
      where stripe = $4`,
    [
      arrayOf(names.map((name) => name.owner)),
      arrayOf(names.map((name) => name.kind)),
      arrayOf(names.map((name) => name.currency)),
      stripe,
    ],
    'ledger.find_ids',
  )

/** One process at a time opens accounts, until its transaction ends; the number is the lock's name. */
export const lockOpening = (writer: Writer) => execute(writer, `select pg_advisory_xact_lock(7246191035)`)

export const insertAccounts = (
  writer: Writer,
  accounts: readonly (NamedAccount & { readonly id: bigint })[],
  stripe: number,
) =>
  append(
    writer,
    accountsTable,
    accounts.map((a) => [a.id, writer.operation, a.owner, a.kind, a.currency, a.normalSide, stripe].join('\t')),
  )

type AccountRow = { id: string; kind: AccountKind; posted: string; entries: string; last_at: string | null }

/**
 * In one order for everybody, so that two operations never wait for each other. The times stay text, which sorts as they
 * do: reading each as a Date is most of what the rows cost.
 */
export const lockAccounts = (writer: Writer, ids: readonly bigint[]) =>
  rowsLater<AccountRow>(
    writer,
    `select id, kind, posted, entries, last_at::text as last_at
       from ledger.accounts
      where id = any ($1::bigint[])
      order by id
        for no key update`,
    [arrayOf(ids)],
    'ledger.lock_accounts',
  )

export const transferLine = (t: PostedTransfer, operation: bigint, at: number): string =>
  `${t.id}\t${operation}\t${t.debitAccount}\t${t.creditAccount}\t${t.currency}\t${nanosFixed(t.nanos)}\t` +
  `${t.reason}\t${t.period}\t${timestampText(at)}\t${t.debitEntry}\t${nanosFixed(t.debitAfter)}\t` +
  `${t.creditEntry}\t${nanosFixed(t.creditAfter)}`

export const insertTransfers = (writer: Writer, transfers: readonly PostedTransfer[], at: number) =>
  appendBinary(
    writer,
    transfersTable,
    transfers,
    (transfer) => transferLine(transfer, writer.operation, at),
    (transfer, out) => writeTransfer(out, transfer, writer.operation, at),
  )

type WalletRow = {
  id: string
  owner: string
  currency: string
  posted: string
  entries: string
  held: string
  overrun: string
  credit_limit: string
  next_expiry: Date | null
  next_due: Date | null
  budgets: number
  last_at: Date | null
}

/**
 * Locks wait here, and only here: whatever else an operation of a wallet reads, it reads in a later statement. The kind is
 * asked so that no index answers it: a plan made while there were few would go through all wallets.
 */
export const lockWallets = (writer: Writer, ids: readonly bigint[]) =>
  rowsLater<WalletRow>(
    writer,
    `select id, owner, currency, posted, entries, held, overrun, credit_limit, next_expiry, next_due, budgets, last_at
       from ledger.accounts
      where id = any ($1::bigint[]) and (kind = 'wallet') is true
      order by id
        for no key update`,
    [arrayOf(ids)],
    'ledger.lock_wallets',
  )

export const updateWallets = (writer: Writer, wallets: readonly Wallet[]) => {
  const times = (of: (wallet: Wallet) => number | null) => arrayOf(wallets.map((wallet) => quotedTime(of(wallet))))
  const sums = (of: (wallet: Wallet) => bigint) => arrayOf(wallets.map((wallet) => nanosFixed(of(wallet))))
  return changeExactly(
    writer,
    wallets.length,
    `update ledger.accounts
        set posted = w.posted, entries = w.entries, held = w.held, overrun = w.overrun, credit_limit = w.credit_limit,
            next_expiry = w.next_expiry, next_due = w.next_due, budgets = w.budgets,
            last_at = case when w.entries = accounts.entries then accounts.last_at else w.last_at end
       from unnest($1::bigint[], $2::numeric[], $3::bigint[], $4::numeric[], $5::numeric[], $6::numeric[],
                   $7::timestamptz[], $8::timestamptz[], $9::smallint[], $10::timestamptz[])
         as w (id, posted, entries, held, overrun, credit_limit, next_expiry, next_due, budgets, last_at)
      where accounts.id = w.id`,
    [
      arrayOf(wallets.map(({ id }) => id)),
      sums((wallet) => wallet.posted),
      arrayOf(wallets.map(({ entries }) => entries)),
      sums((wallet) => wallet.held),
      sums((wallet) => wallet.overrun),
      sums((wallet) => wallet.creditLimit),
      times((wallet) => wallet.nextExpiry),
      times((wallet) => wallet.nextDue),
      arrayOf(wallets.map(({ budgets }) => budgets)),
      times((wallet) => wallet.lastAt),
    ],
    'ledger.update_wallets',
  )
}

const quotedTime = (at: number | null): string => (at === null ? 'null' : `"${timestampText(at)}"`)

export const updateAccounts = (writer: Writer, accounts: readonly Account[], at: number) =>
  changeExactly(
    writer,
    accounts.length,
    `update ledger.accounts
        set posted = moved.posted, entries = moved.entries, last_at = $4::timestamptz,
            -- What usage takes beyond a wallet's limit stands as overrun, and what comes in reduces it first.
            overrun = case kind when 'wallet' then greatest(0, held - moved.posted - credit_limit) else 0 end
       from unnest($1::bigint[], $2::numeric[], $3::bigint[]) as moved (id, posted, entries)
      where accounts.id = moved.id`,
    [
      arrayOf(accounts.map((account) => account.id)),
      arrayOf(accounts.map((account) => nanosFixed(account.posted))),
      arrayOf(accounts.map((account) => account.entries)),
      timestampText(at),
    ],
    'ledger.update_accounts',
  )

export const closedPeriods = (writer: Writer, periods: readonly string[]) =>
  rows<{ period: string }>(
    writer,
    `select period from ledger.periods where period = any ($1::date[]) and state = 'closed' order by period`,
    [periods],
  )

export type BalanceRow = { account: string; owner: string; kind: AccountKind; currency: string; balance: string }

/** Balances of the accounts of some owners (of all, when `owners` is null) now, or just before a moment. */
export const balances = (reader: Reader, owners: readonly string[] | null, before: Date | null) =>
  rows<BalanceRow>(
    reader,
    `select a.id as account, a.owner, a.kind, a.currency,
            case when $2::timestamptz is null then a.posted else coalesce(last.balance_after, 0) end as balance
       from ledger.accounts a
       left join lateral (
         select side.entry, side.balance_after
           from ((select debit_entry as entry, debit_after as balance_after from ledger.transfers
                   where debit_account = a.id and at < $2::timestamptz order by debit_entry desc limit 1)
                  union all
                 (select credit_entry, credit_after from ledger.transfers
                   where credit_account = a.id and at < $2::timestamptz order by credit_entry desc limit 1)) as side
          order by side.entry desc
          limit 1
       ) as last on $2::timestamptz is not null
      where $1::uuid[] is null or a.owner = any ($1::uuid[])
      order by a.id`,
    [owners, before],
  )

export type EntryRow = {
  entry: string
  side: Side
  transfer: string
  operation: string
  currency: string
  amount: string
  balance_after: string
  reason: string
  period: string
  at: Date
}

/** A page of an account's history, newest first, from below entry `before`. */
export const history = (reader: Reader, account: bigint, before: bigint | null, limit: number) =>
  rows<EntryRow>(
    reader,
    `(select entry, side, transfer, operation, currency, amount, balance_after, reason, period, at
        from ledger.entries
       where account = $1 and side = 'debit' and ($2::bigint is null or entry < $2)
       order by entry desc limit $3)
      union all
     (select entry, side, transfer, operation, currency, amount, balance_after, reason, period, at
        from ledger.entries
       where account = $1 and side = 'credit' and ($2::bigint is null or entry < $2)
       order by entry desc limit $3)
      order by entry desc limit $3`,
    [account, before, limit],
  )

export type TransferRow = {
  id: string
  operation: string
  debit_owner: string
  debit_kind: AccountKind
  credit_owner: string
  credit_kind: AccountKind
  currency: string
  amount: string
  reason: string
  period: string
  at: Date
}

export const transfersById = (reader: Reader, ids: readonly bigint[]) =>
  rows<TransferRow>(
    reader,
    `select t.id, t.operation, d.owner as debit_owner, d.kind as debit_kind, c.owner as credit_owner,
            c.kind as credit_kind, t.currency, t.amount, t.reason, t.period, t.at
       from ledger.transfers t
       join ledger.accounts d on d.id = t.debit_account
       join ledger.accounts c on c.id = t.credit_account
      where t.id = any ($1::bigint[])
      order by t.id`,
    [ids],
  )

export type PeriodRow = { period: string; state: 'open' | 'closed'; at: Date }

export const periodState = (reader: Reader, period: string) =>
  row<PeriodRow>(reader, `select period, state, at from ledger.periods where period = $1::date`, [period])

export const putPeriod = (writer: Writer, period: string, state: PeriodRow['state']) =>
  execute(
    writer,
    `insert into ledger.periods (period, state, at) values ($1::date, $2, $3)
         on conflict (period) do update set state = excluded.state, at = excluded.at`,
    [period, state, writer.at],
  )
