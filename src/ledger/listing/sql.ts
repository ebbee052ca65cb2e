import { type Reader, row, rows } from '../../database/reader.ts'
import type { AccountKind } from '../chart.ts'

export type AccountItem = {
  id: string
  owner: string
  owner_kind: 'organisation' | 'project' | 'person' | 'provider' | null
  kind: AccountKind
  currency: string
  normal_side: 'debit' | 'credit'
  posted: string
  held: string
  overrun: string
  credit_limit: string
  entries: string
  last_at: Date | null
}

/** Whoever has a wallet and is no project or person is an organisation; the house itself is no party. */
const account = `select a.id, a.owner, a.kind, a.currency, a.normal_side, a.posted, a.held, a.overrun, a.credit_limit,
        a.entries, a.last_at,
        case when exists (select from parties.known_projects p where p.id = a.owner) then 'project'
             when exists (select from parties.known_providers p where p.id = a.owner) then 'provider'
             when exists (select from parties.known_people p where p.id = a.owner) then 'person'
             when a.kind = 'wallet' then 'organisation'
        end as owner_kind
   from ledger.accounts a`

export type Wanted = {
  readonly scope: readonly string[] | null
  readonly owner: string | null
  readonly kind: string | null
  readonly currency: string | null
  readonly after: string | null
  readonly limit: number
}

/** In the order in which they were opened, and one more than the limit. */
export const accountsPage = (reader: Reader, wanted: Wanted) =>
  rows<AccountItem>(
    reader,
    `${account}
      where ($1::uuid[] is null or a.owner = any ($1))
        and ($2::uuid is null or a.owner = $2)
        and ($3::text is null or a.kind = $3)
        and ($4::text is null or a.currency = $4)
        and ($5::bigint is null or a.id > $5)
      order by a.id
      limit $6`,
    [wanted.scope, wanted.owner, wanted.kind, wanted.currency, wanted.after, wanted.limit + 1],
  )

export const accountById = (reader: Reader, id: bigint) => row<AccountItem>(reader, `${account} where a.id = $1`, [id])

export const postedByKind = (reader: Reader) =>
  rows<{ kind: AccountKind; currency: string; posted: string }>(
    reader,
    `select kind, currency, sum(posted) as posted from ledger.accounts group by kind, currency order by kind, currency`,
  )

/** What moved for one reason on the accounts of one kind of an owner in [from, to): credits less debits, by currency. */
export const movedFor = (
  reader: Reader,
  of: { readonly owner: string; readonly kind: AccountKind; readonly reason: string },
  from: Date | null,
  to: Date | null,
) =>
  rows<{ currency: string; amount: string }>(
    reader,
    `select a.currency, sum(case e.side when 'credit' then e.amount else -e.amount end) as amount
       from ledger.accounts a
       join ledger.entries e on e.account = a.id
      where a.owner = $1 and a.kind = $2 and e.reason = $3
        and ($4::timestamptz is null or e.at >= $4)
        and ($5::timestamptz is null or e.at < $5)
      group by a.currency
      order by a.currency`,
    [of.owner, of.kind, of.reason, from, to],
  )

type WalletUsageRow = { id: string; operation: string; owner: string; currency: string; period: string }

/** What operations moved between the wallet of the owner beside each of them and those whose services it used. */
export const walletUsage = (reader: Reader, owners: readonly string[], operations: readonly string[]) =>
  rows<WalletUsageRow>(
    reader,
    `select t.id, t.operation, a.owner, t.currency, t.period
       from unnest($1::uuid[], $2::bigint[]) as of (owner, operation)
       join ledger.transfers t on t.id >= of.operation << 20 and t.id < (of.operation + 1) << 20
       join ledger.accounts a on a.id in (t.debit_account, t.credit_account)
      where t.reason in ('charge', 'true-up') and a.kind = 'wallet' and a.owner = of.owner`,
    [owners, operations],
  )

/** By which of these accounts some owners ever paid. */
export const paidFrom = (reader: Reader, owners: readonly string[]) =>
  rows<{ owner: string; kind: AccountKind }>(
    reader,
    `select distinct owner, kind from ledger.accounts
      where owner = any ($1::uuid[]) and kind in ('wallet', 'unbilled_receivable') and entries > 0`,
    [owners],
  )
