import { counts } from './counts.ts'
import type { Inquiry } from './inquiry.ts'
import { madeOf } from './holds.ts'

/** The budgets that stood when something was held or charged, by its id: of wallets that ever had one. */
const standing = (id: string, owners: string, currency: string) => `
  cross join lateral unnest(${owners}) as named (owner)
  join ledger.accounts w on w.owner = named.owner and w.kind = 'wallet' and w.currency = ${currency}
  join (select distinct wallet, span from credits.budgets) as ever on ever.wallet = w.id
  join lateral (select amount from credits.budgets
                 where wallet = ever.wallet and span = ever.span and id < ${id} order by id desc limit 1) as b
    on b.amount is not null`

/** What went back of settlings, by the operation that settled. */
const wentBack = `
  select s.operation, s.reservation, sum(f.amount) as amount
    from charging.refunds f join charging.settlements s on s.id = f.settlement group by s.operation, s.reservation`

/**
 * What every reservation uses of budgets: while it is held and once it was paid, and what was told late; less refunds. And
 * what pages of usage do.
 */
const counted = `
  select ever.wallet, ever.span, r.id as reservation,
         case when m.ended then 0 else m.held end + m.paid - coalesce(back.amount, 0) as used
    from credits.reservations r
    join (${madeOf}) as m on m.id = r.id
    left join (select b.reservation, sum(b.amount) as amount
                 from (${wentBack}) as b
                 join credits.steps p on p.operation = b.operation and p.reservation = b.reservation
                where p.kind = 'settle' group by b.reservation) as back on back.reservation = r.id
    ${standing('r.id', 'r.owners', 'r.currency')}
   union all
  select ever.wallet, ever.span, null, p.charged - p.absorbed - coalesce(back.amount, 0)
    from credits.steps p
    join credits.reservations r on r.id = p.reservation
    left join (${wentBack}) as back on back.operation = p.operation
    ${standing('p.id', 'r.owners', 'r.currency')}
   where p.kind = 'late'
   union all
  select wallet, span, null, delta from credits.counts`

/** Whether a budget of this wallet and span stood when this id was given. */
const stood = (id: string) => `
  coalesce((select amount is not null from credits.budgets
             where wallet = ever.wallet and span = ever.span and id < ${id} order by id desc limit 1), false)`

/** Where a budget came or went while a reservation lasted that grew or was settled: how much counts hangs on each step. */
const mixed = `
  select distinct ever.wallet, ever.span
    from credits.reservations r
    join credits.steps p on p.reservation = r.id and p.kind in ('grow', 'settle')
   cross join lateral unnest(r.owners) as named (owner)
    join ledger.accounts w on w.owner = named.owner and w.kind = 'wallet' and w.currency = r.currency
    join (select distinct wallet, span from credits.budgets) as ever on ever.wallet = w.id
   where ${stood('r.id')} <> ${stood('p.id')}`

/** Usage that was charged to budgets before it was written down where it counts. */
const unwritten = `
  select distinct ever.wallet, ever.span
    from (select t.operation, d.owner, d.currency
            from ledger.transfers t
            join ledger.accounts d on d.id = t.debit_account and d.kind = 'wallet'
           where t.reason in ('charge', 'true-up')
           union all
          select c.operation, r.person, c.currency
            from metering.records r
            join charging.charges c on c.record = r.id and c.kind = 'charge'
            join ledger.transfers t on t.id = c.transfer
            join ledger.accounts d on d.id = t.debit_account and d.kind = 'wallet'
           where r.person in (select owner from ledger.accounts where kind = 'wallet')) as paid
    left join parties.projects p on p.id = paid.owner
    join ledger.accounts w on w.owner in (paid.owner, p.organisation) and w.kind = 'wallet' and w.currency = paid.currency
    join (select distinct wallet, span from credits.budgets) as ever on ever.wallet = w.id
   where ${stood('paid.operation << 20')}
     and not exists (select from credits.counts c where c.page = paid.operation and c.owner = paid.owner
                                                    and c.wallet = ever.wallet and c.span = ever.span)`

const used: Inquiry = {
  name: 'budgets count what is held and spent',
  looked: `
    select count(*) || ' days, months and wholes of ' || count(distinct wallet) || ' wallets' as looked
      from credits.budget_windows`,
  wrongs: [
    `select 'credits.budget_windows' as "table", span || ' of acc_' || wallet as row, null as operation,
            coalesce(w.used, 0) || ' is used, and what was held and spent comes to ' || coalesce(c.used, 0) as wrong
       from (select wallet, span, sum(used) as used from credits.budget_windows group by wallet, span) as w
       full join (select wallet, span, sum(used) as used from (${counted}) as each group by wallet, span) as c
      using (wallet, span)
      where coalesce(w.used, 0) <> coalesce(c.used, 0)
        and (wallet, span) not in (${mixed}) and (wallet, span) not in (${unwritten})
      order by wallet, span`,
    `select 'credits.budget_windows' as "table", w.span || ' of acc_' || w.wallet || ' from ' || w.starts as row,
            max(b.operation)::text as operation,
            case when count(b.id) = 0 then 'there is no such budget of ' || w.amount
                 when w.overrun <> greatest(0, w.used - w.amount)
                   then 'its overrun is ' || w.overrun || ', and ' || w.used || ' of ' || w.amount || ' is used'
                 else 'it begins when no such budget begins, or is there twice' end as wrong
       from credits.budget_windows w
       left join credits.budgets b on b.wallet = w.wallet and b.span = w.span and b.amount = w.amount
      group by w.wallet, w.span, w.starts, w.amount, w.used, w.overrun
     having count(b.id) = 0 or w.overrun <> greatest(0, w.used - w.amount)
         or count(*) <> count(distinct b.id)
         or case w.span when 'total' then w.starts <> '0001-01-01'
                        when 'month' then extract(day from w.starts) <> 1 else false end
      order by w.wallet, w.starts`,
    `select 'credits.budget_windows' as "table", 'the newest ' || span || ' of acc_' || wallet as row,
            b.operation::text as operation, 'it allows ' || w.amount || ', and the budget ' || b.amount as wrong
       from (select distinct on (wallet, span) wallet, span, amount
               from credits.budget_windows order by wallet, span, starts desc) as w
       full join (select distinct on (wallet, span) wallet, span, amount, operation
                    from credits.budgets where amount is not null order by wallet, span, id desc) as b
      using (wallet, span)
      where w.amount is distinct from b.amount
      order by wallet, span`,
  ],
}

/** The windows that a hold names, as far as its text is what Bursar writes. */
const named = `
  select h.reservation, part.place, part.words[1]::bigint as wallet, part.words[2] as span,
         part.words[3]::date as starts, part.words[4]::numeric as held
    from credits.holds h
   cross join lateral regexp_matches(h.windows,
           '\\["(\\d{1,18})","(day|month|total)","(\\d{4}-\\d{2}-\\d{2})","(\\d{1,20}(?:\\.\\d{1,9})?)"\\]', 'g')
         with ordinality as part (words, place)`

const windows: Inquiry = {
  name: 'holds count in the budgets that stood when they were made',
  looked: `select count(windows) || ' holds count in budgets' as looked from credits.holds`,
  wrongs: [
    `select 'credits.holds' as "table", 'res_' || h.reservation as row, r.operation::text as operation,
            'the windows of budgets that it names are not what Bursar writes, or are not there' as wrong
       from credits.holds h
       left join credits.reservations r on r.id = h.reservation
       left join (select reservation, bool_and(held > 0 and exists (
                           select from credits.budget_windows w where w.wallet = named.wallet and w.span = named.span
                                                                  and w.starts = named.starts)) as there,
                         '[' || string_agg('["' || wallet || '","' || span || '","' || starts || '","'
                                           || trim_scale(held) || '"]', ',' order by place) || ']' as text
                    from (${named}) as named group by reservation) as n on n.reservation = h.reservation
      where n.text is distinct from h.windows or n.there = false
      order by h.reservation`,
    `select 'credits.holds' as "table", 'res_' || h.reservation as row, r.operation::text as operation,
            'of ' || h.held || ' that it holds, ' || part.counts || ' counts in the budget by ' || part.span
            || ' of acc_' || part.wallet as wrong
       from (select reservation, wallet, span, coalesce(n.held, 0) as counts, c.due is true as due
               from (select reservation, wallet, span, sum(held) as held from (${named}) as named group by 1, 2, 3) as n
               full join (select distinct reservation, wallet, span, true as due
                            from (${counted}) as each where reservation is not null) as c
              using (reservation, wallet, span)) as part
       join credits.holds h on h.reservation = part.reservation
       join credits.reservations r on r.id = h.reservation
      where case when (part.wallet, part.span) in (${mixed}) then part.counts > h.held
                 else part.counts <> case when due then h.held else 0 end end
      order by h.reservation`,
  ],
}

/** What may be spent in a time. */
export const budgetInquiries: readonly Inquiry[] = [used, windows, counts]
