import type { Inquiry } from './inquiry.ts'

/** In the order in which they went on from each other: an operation that waits for another has its number already. */
const refunds: Inquiry = {
  name: 'refunds give back what was paid, once',
  looked: `
    select count(*) || ' refunds' || coalesce(' of ' || trim_scale(sum(amount)), '') as looked from charging.refunds`,
  wrongs: [
    `with moved as materialized (
       select t.id, t.operation, t.currency, t.amount, t.period, d.owner as debit_owner, d.kind as debit_kind,
              c.owner as credit_owner, c.kind as credit_kind
         from ledger.transfers t
         left join ledger.accounts d on d.id = t.debit_account
         left join ledger.accounts c on c.id = t.credit_account
        where t.reason = 'refund'),
     told as (
       select r.*, sum(r.amount) over (partition by r.settlement, r.charge order by r.before, r.id) - r.amount
              as sum_before
         from charging.refunds r)
     select 'charging.refunds' as "table", 'ref_' || r.id as row, r.operation::text as operation,
            case when s.id is null and c.id is null then 'what it is of is missing'
                 when r.before <> r.sum_before
                   then 'it goes on from ' || r.before || ', and ' || r.sum_before || ' went back before'
                 when r.before + r.amount not between 0 and r.paid then 'more went back than was paid'
                 else 'it is not of what was paid, or not what its transfer moved' end as wrong
       from told r
       left join charging.settlements s on s.id = r.settlement
       left join charging.charges c on c.id = r.charge and c.kind = 'charge'
       left join moved t on t.id = r.transfer
      where (r.before = r.sum_before and r.before + r.amount between 0 and r.paid
             and r.paid = coalesce(s.amount - s.absorbed, c.amount)
             and r.payer = coalesce(s.payer, c.project) and r.provider = coalesce(s.provider, c.provider)
             and r.currency = coalesce(s.currency, c.currency)
             and t.operation = r.operation and t.amount = abs(r.amount) and t.currency = r.currency
             and t.period = r.period and (r.amount > 0 or s.id is null)
             and case when r.amount > 0 then t.debit_kind else t.credit_kind end = 'usage_revenue'
             and case when r.amount > 0 then t.debit_owner else t.credit_owner end = r.provider
             and case when r.amount > 0 then t.credit_owner else t.debit_owner end = r.payer
             and case when r.amount > 0 then t.credit_kind else t.debit_kind end
                 = any (case when s.id is null then array['wallet', 'unbilled_receivable']
                             else array['wallet'] end)) is not true
      order by r.id`,
    `select 'ledger.transfers' as "table", 'trf_' || t.id as row, t.operation::text as operation,
            count(r.id) || ' refunds stand behind it' as wrong
       from ledger.transfers t
       left join charging.refunds r on r.transfer = t.id
      where t.reason = 'refund'
      group by t.id, t.operation
     having count(r.id) <> 1
      order by t.id`,
  ],
}

/** What went back of what was charged. */
export const refundInquiries: readonly Inquiry[] = [refunds]
