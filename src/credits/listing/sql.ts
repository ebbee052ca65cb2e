import { type Reader, rows } from '../../database/reader.ts'
import type { Span } from '../budget.ts'

type PayerKind = 'organisation' | 'project' | 'person'

/** Whoever has a wallet and is no project or person is an organisation. */
const kindOf = (owner: string) =>
  `case when exists (select from parties.known_projects p where p.id = ${owner}) then 'project'
        when exists (select from parties.known_people p where p.id = ${owner}) then 'person'
        else 'organisation' end`

export type Wanted = {
  /** UUIDs that the asker may look at; null for all. */
  readonly scope: readonly string[] | null
  readonly payer: string | null
  readonly currency: string | null
  readonly after: string | null
  readonly limit: number
}

/** As the statements of all these lists take them. */
export const values = ({ scope, payer, currency, after, limit }: Wanted) => [scope, payer, currency, after, limit + 1]

export type WalletItem = {
  id: string
  owner: string
  owner_kind: PayerKind
  currency: string
  posted: string
  held: string
  overrun: string
  credit_limit: string
  /** What ran out and is not swept yet: held by reservations past their time, and credits past their date. */
  due_held: string
  due_posted: string
}

/** In the order in which they were opened. */
export const walletsPage = (reader: Reader, wanted: Wanted) =>
  rows<WalletItem>(
    reader,
    `select w.id, w.owner, ${kindOf('w.owner')} as owner_kind, w.currency, w.posted, w.held, w.overrun, w.credit_limit,
            coalesce((select sum(h.held) from credits.holds h
                       where h.wallet = w.id and h.until <= clock_timestamp()), 0) as due_held,
            coalesce((select sum(l.posted - l.held) from credits.lots l
                       where l.wallet = w.id and l.expires_at <= clock_timestamp()), 0)
            + coalesce((select sum(d.held_delta)
                          from credits.holds h
                          join credits.draws d on d.reservation = h.reservation
                          join credits.lots l on l.id = d.lot
                         where h.wallet = w.id and h.until <= clock_timestamp()
                           and l.expires_at <= clock_timestamp()), 0) as due_posted
       from ledger.wallets w
      where ($1::uuid[] is null or w.owner = any ($1))
        and ($2::uuid is null or w.owner = $2)
        and ($3::text is null or w.currency = $3)
        and ($4::bigint is null or w.id > $4)
      order by w.id
      limit $5`,
    values(wanted),
  )

export type LotItem = { wallet: string; grant_id: string; expires_at: Date; posted: string; held: string }

/** What is left of dated credits: what reservations past their time hold of it counts as free. */
export const lotsOf = (reader: Reader, wallets: readonly string[]) =>
  rows<LotItem>(
    reader,
    `select l.wallet, l.grant_id, l.expires_at, l.posted,
            l.held - coalesce((select sum(d.held_delta)
                                 from credits.holds h
                                 join credits.draws d on d.reservation = h.reservation and d.lot = l.id
                                where h.wallet = l.wallet and h.until <= clock_timestamp()), 0) as held
       from credits.lots l
      where l.wallet = any ($1::bigint[]) and l.posted > 0
        and (l.expires_at > clock_timestamp() or l.held > 0)
      order by l.wallet, l.expires_at, l.id`,
    [wallets],
  )

/** Wallets on which a reservation ran out, or credits did as well, after a given one. */
export const dueWallets = (reader: Reader, of: 'holds' | 'all', after: string, limit: number) =>
  rows<{ id: string; owner: string; currency: string }>(
    reader,
    `select id, owner, currency
       from ledger.wallets
      where (next_due <= clock_timestamp() or $3 and next_expiry <= clock_timestamp()) and id > $1
      order by id
      limit $2`,
    [after, limit, of === 'all'],
  )

/** Wallets with reservations that ran out and still count in budgets of another wallet. */
export const dueInBudgets = (reader: Reader, wallet: bigint, limit: number) =>
  rows<{ owner: string; currency: string }>(
    reader,
    `select w.owner, w.currency
       from ledger.wallets w
      where w.next_due <= clock_timestamp()
        and exists (select from credits.holds h where h.wallet = w.id and h.until <= clock_timestamp()
                                                  and h.windows like '%["' || $1 || '",%')
      order by w.next_due
      limit $2`,
    [String(wallet), limit],
  )

export type GrantItem = {
  id: string
  operation: string
  owner: string
  owner_kind: PayerKind
  currency: string
  amount: string
  origin: string
  expires_at: Date | null
  left_over: string | null
  at: Date
}

/** Newest first; what is left is what the payer itself still has of a dated grant. */
export const grantsPage = (reader: Reader, wanted: Wanted) =>
  rows<GrantItem>(
    reader,
    `select g.id, g.operation, w.owner, ${kindOf('w.owner')} as owner_kind, w.currency, g.amount, g.origin, g.expires_at,
            case when g.expires_at is not null then coalesce(l.posted, 0) end as left_over, t.at
       from credits.grants g
       join ledger.wallets w on w.id = g.wallet
       join ledger.entries t on t.transfer = g.transfer and t.account = g.wallet
       left join credits.lots l on l.wallet = g.wallet and l.grant_id = g.id
      where ($1::uuid[] is null or w.owner = any ($1))
        and ($2::uuid is null or w.owner = $2)
        and ($3::text is null or w.currency = $3)
        and ($4::bigint is null or g.id < $4)
      order by g.id desc
      limit $5`,
    values(wanted),
  )

export type BudgetItem = {
  id: string
  owner: string
  owner_kind: PayerKind
  currency: string
  wallet: string
  span: Span
  amount: string
  starts: string
  used: string
}

/** Those in force, with what is used of the present day, month or in all; `starts` are the days on which these begin. */
export const budgetsPage = (reader: Reader, wanted: Wanted, starts: Readonly<Record<Span, string>>) =>
  rows<BudgetItem>(
    reader,
    `select b.id, w.owner, ${kindOf('w.owner')} as owner_kind, w.currency, b.wallet, b.span, b.amount,
            s.starts::text as starts, coalesce(u.used, 0) as used
       from (select distinct on (wallet, span) id, wallet, span, amount
               from credits.budgets order by wallet, span, id desc) b
       join ledger.wallets w on w.id = b.wallet
       join (values ('day', $6::date), ('month', $7::date), ('total', $8::date)) as s (span, starts) on s.span = b.span
       left join credits.budget_windows u on u.wallet = b.wallet and u.span = b.span and u.starts = s.starts
      where b.amount is not null
        and ($1::uuid[] is null or w.owner = any ($1))
        and ($2::uuid is null or w.owner = $2)
        and ($3::text is null or w.currency = $3)
        and ($4::bigint is null or b.id > $4)
      order by b.id
      limit $5`,
    [...values(wanted), starts.day, starts.month, starts.total],
  )
