import type { Inquiry } from './inquiry.ts'

const paid = (transfer: string, amount: string, reason: string, from: string) => `
  case when ${amount} = 0 then s.${transfer} is null
       else exists (select from sides t where t.id = s.${transfer} and t.operation = s.operation and t.amount = ${amount}
                                          and t.reason = '${reason}' and t.period = s.period and t.currency = s.currency
                                          and t.credit_kind = 'usage_revenue' and t.credit_owner = s.provider and ${from}) end`

const sides = `
  sides as materialized (
    select t.id, t.operation, t.currency, t.amount, t.reason, t.period, d.owner as debit_owner, d.kind as debit_kind,
           c.owner as credit_owner, c.kind as credit_kind
      from ledger.transfers t
      left join ledger.accounts d on d.id = t.debit_account
      left join ledger.accounts c on c.id = t.credit_account
     where t.reason in ('settle', 'absorb'))`

const settlements: Inquiry = {
  name: 'settlements are what their reservations were charged, and what moved',
  looked: `
    select count(*) || ' settlements' || coalesce(' of ' || trim_scale(sum(amount)), '') as looked
      from charging.settlements`,
  wrongs: [
    `with ${sides}
     select 'charging.settlements' as "table", 'set_' || s.id as row, s.operation::text as operation,
            case when r.id is null then 'there is no reservation res_' || s.reservation
                 when p.id is null or p.charged <> s.amount or p.absorbed <> s.absorbed
                   then 'it is ' || s.amount || ', and the step of res_' || s.reservation || ' is '
                        || coalesce(p.charged::text, 'missing')
                 else 'it is not of the parties of its reservation, or not what its transfers moved' end as wrong
       from charging.settlements s
       left join credits.reservations r on r.id = s.reservation
       left join credits.steps p on p.reservation = s.reservation and p.operation = s.operation
                                and p.kind in ('settle', 'late')
      where (s.payer = r.payer and s.project = coalesce(r.project, r.payer) and s.person is not distinct from r.person
             and s.provider = r.provider and s.service = r.service and s.subtype = r.subtype and s.currency = r.currency
             and s.amount = p.charged and s.absorbed = p.absorbed and s.at = p.at
             and ${paid('transfer', 's.amount - s.absorbed', 'settle', `t.debit_kind = 'wallet' and t.debit_owner = s.payer`)}
             and ${paid('absorbed_transfer', 's.absorbed', 'absorb', `t.debit_kind = 'usage_absorbed'`)}) is not true
      order by s.id`,
    `select 'ledger.transfers' as "table", 'trf_' || t.id as row, t.operation::text as operation,
            count(s.transfer) || ' settlements stand behind it' as wrong
       from ledger.transfers t
       left join (select transfer from charging.settlements
                   union all
                  select absorbed_transfer from charging.settlements) as s on s.transfer = t.id
      where t.reason in ('settle', 'absorb')
      group by t.id, t.operation
     having count(s.transfer) <> 1
      order by t.id`,
    `select 'credits.steps' as "table", 'step ' || p.n || ' of res_' || p.reservation as row, p.operation::text as operation,
            count(s.id) || ' settlements tell it' as wrong
       from credits.steps p
       left join charging.settlements s on s.reservation = p.reservation and s.operation = p.operation
      where p.kind in ('settle', 'late')
      group by p.n, p.reservation, p.operation
     having count(s.id) <> 1
      order by p.reservation, p.n`,
  ],
}

/** Charges that were paid from credits set aside before. */
export const settlementInquiries: readonly Inquiry[] = [settlements]
