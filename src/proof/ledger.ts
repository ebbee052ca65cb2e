import { chart } from '../ledger/chart.ts'
import type { Inquiry } from './inquiry.ts'

const kinds = Object.entries(chart)
  .map(([kind, { normalSide }]) => `('${kind}', '${normalSide}')`)
  .join(', ')

/** Each entry with what it adds to its account, told on the account's side. */
const signed = `
  select e.account, e.entry, e.transfer, e.operation, e.balance_after, e.at,
         case when e.side = a.normal_side then e.amount else -e.amount end as amount
    from ledger.entries e
    left join ledger.accounts a on a.id = e.account and a.currency = e.currency`

const trialBalance: Inquiry = {
  name: 'debits equal credits',
  looked: `
    select coalesce(string_agg(currency || ' ' || posted || ' on each side', ', ' order by currency), 'nothing posted')
           as looked
      from (select currency, trim_scale(sum(posted)) as posted
              from ledger.accounts where normal_side = 'debit' group by currency) as side`,
  wrongs: [
    `select 'ledger.accounts' as "table", currency as row, null as operation,
            'debits come to ' || debit || ' and credits to ' || credit as wrong
       from (select currency, coalesce(sum(posted) filter (where normal_side = 'debit'), 0) as debit,
                    coalesce(sum(posted) filter (where normal_side = 'credit'), 0) as credit
               from ledger.accounts group by currency) as total
      where debit <> credit`,
  ],
}

const balances: Inquiry = {
  name: 'balances are the sums of their entries',
  looked: `select count(*) || ' accounts' as looked from ledger.accounts`,
  wrongs: [
    `select 'ledger.accounts' as "table", 'acc_' || a.id as row,
            a.operation || coalesce(', last moved by op_' || e.operation, '') as operation,
            case when kind.side is null then 'there is no kind ' || a.kind
                 when a.normal_side <> kind.side then 'its normal side is ' || a.normal_side
                 when a.posted <> coalesce(e.posted, 0)
                   then 'its balance is ' || a.posted || ', and its entries come to ' || coalesce(e.posted, 0)
                 when a.entries <> coalesce(e.entries, 0)
                   then 'it counts ' || a.entries || ' entries, and has ' || coalesce(e.entries, 0)
                 else 'it was last moved at ' || coalesce(a.last_at::text, 'no time') || ', its last entry is of '
                      || coalesce(e.last_at::text, 'no time') end as wrong
       from ledger.accounts a
       left join (values ${kinds}) as kind (kind, side) on kind.kind = a.kind
       left join (select account, sum(amount) as posted, count(*) as entries, max(at) as last_at,
                         max(operation) as operation
                    from (${signed}) as entry group by account) as e on e.account = a.id
      where a.normal_side is distinct from kind.side or a.posted <> coalesce(e.posted, 0)
         or a.entries <> coalesce(e.entries, 0) or a.last_at is distinct from e.last_at
      order by a.id`,
  ],
}

const entries: Inquiry = {
  name: 'entries follow each other without a gap',
  looked: `select 2 * count(*) || ' entries of ' || count(*) || ' transfers' as looked from ledger.transfers`,
  wrongs: [
    `select 'ledger.transfers' as "table", 'trf_' || transfer as row, operation::text as operation,
            'in account acc_' || account || ' ' ||
            case when due is null then 'which does not exist in its currency'
                 when entry <> place then 'it is entry ' || entry || ' in place ' || place
                 when balance_after <> due
                   then 'the balance after it is ' || balance_after || ', and entries come to ' || due
                 else 'it is earlier than the entry before it' end as wrong
       from (select *, row_number() over in_order as place, lag(at) over in_order as before,
                    sum(amount) over (in_order rows unbounded preceding) as due
               from (${signed}) as entry
             window in_order as (partition by account order by entry)) as entry
      where due is null or entry <> place or balance_after <> due or at < before
      order by transfer`,
  ],
}

/** What the ledger must be by itself, whyever money moved. */
/** Nothing else is known of it: no row says which operation it was. */
const periods: Inquiry = {
  name: 'periods were closed and opened by operations',
  looked: `
    select count(*) filter (where state = 'closed') || ' closed, ' || count(*) filter (where state <> 'closed')
           || ' open again' as looked
      from ledger.periods`,
  wrongs: [
    `select 'ledger.periods' as "table", to_char(p.period, 'YYYY-MM') as row, null as operation,
            'it is ' || p.state || ' since ' || p.at || ', and no operation is of that time' as wrong
       from ledger.periods p
      where not exists (select from operations.operations o where o.at = p.at)
      order by p.period`,
  ],
}

export const ledgerInquiries: readonly Inquiry[] = [trialBalance, balances, entries, periods]
