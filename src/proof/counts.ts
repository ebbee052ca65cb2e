import type { Inquiry } from './inquiry.ts'

/**
 * What wallets paid of usage by the page that charged it, for who paid and for who used: at first, and once some went back;
 * and whether a true-up ever gave something back to the project.
 */
const paid = `
  select page, owner, currency, sum(spent) as spent, sum(kept) as kept, sum(least) as least, bool_or(trued) as trued
    from (select c.operation as page, unnest(array[c.project, r.person]) as owner, c.currency, c.amount as spent,
                 c.amount + coalesce(b.amount, 0) - coalesce(f.amount, 0) as kept, c.amount as least,
                 u.project is not null as trued
            from charging.charges c
            join metering.records r on r.id = c.record
            join ledger.transfers t on t.id = c.transfer
            join ledger.accounts d on d.id = t.debit_account and d.kind = 'wallet'
            left join charging.charges b on b.kind = 'reversal' and b.record = c.record and b.component = c.component
                                        and b.part = c.part and b.revision = c.revision and b.period = c.period
            left join (select charge, sum(amount) as amount from charging.refunds group by charge) as f on f.charge = c.id
            left join (select distinct project, currency from charging.true_ups where amount < 0) as u
                   on u.project = c.project and u.currency = c.currency
           where c.kind = 'charge' and c.operation in (select page from credits.counts)
           union all
          select operation, project, currency, amount, amount, 0, true from charging.true_ups where amount > 0) as line
   group by page, owner, currency`

/**
 * Charged at once, given back later. Of a project with true-ups, as far as there is something left of it: what they gave back
 * of one page may come back of another as well, and what one takes back that had come back too much counts nowhere. Numbers
 * of operations tell no order: who begins first may come last to the locks, and give back of a page that began later.
 */
export const counts: Inquiry = {
  name: 'usage counts in budgets as it was paid',
  looked: `select count(distinct page) || ' pages of usage count in budgets' as looked from credits.counts`,
  wrongs: [
    `select 'credits.counts' as "table", 'of acc_' || c.wallet || ' by ' || c.span || ' from ' || c.starts as row,
            c.operation::text as operation,
            case when a.id is null or w.wallet is null then 'there is no such window of a budget'
                 when c.odd then 'more came back than was counted, or it was counted by another operation'
                 when (c.spent between p.least and p.spent) is not true
                   then c.spent || ' counts of page op_' || c.page || ', and ' || coalesce(p.spent, 0) || ' was paid'
                 else c.kept || ' still counts of page op_' || c.page || ', and ' || p.kept || ' of it was kept' end as wrong
       from (select page, owner, wallet, span, starts, sum(delta) filter (where delta > 0) as spent, sum(delta) as kept,
                    bool_or((operation = page) <> (delta > 0)) or sum(delta) < 0 or count(*)
                      filter (where delta > 0) <> 1 as odd,
                    max(operation) as operation
               from credits.counts group by page, owner, wallet, span, starts) as c
       left join ledger.accounts a on a.id = c.wallet and a.kind = 'wallet'
       left join credits.budget_windows w on w.wallet = c.wallet and w.span = c.span and w.starts = c.starts
       left join (${paid}) as p on p.page = c.page and p.owner = c.owner and p.currency = a.currency
      where (w.wallet is not null and not c.odd and c.spent between p.least and p.spent
             and case when p.trued then c.kept <= p.kept else c.kept = p.kept end) is not true
      order by c.page, c.wallet`,
  ],
}
