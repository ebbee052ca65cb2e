import type { Inquiry } from './inquiry.ts'

/** Charges and true-ups summed under their transfer, apart where they differ in what a transfer says once. */
const lines = `
  select 'charging.charges' as "table", transfer, operation, project, provider, period, currency,
         sum(amount) as amount, bool_or(amount > 0) as up, bool_or(amount < 0) as down, count(*) as lines
    from charging.charges
   where transfer is not null
   group by transfer, operation, project, provider, period, currency
   union all
  select 'charging.true_ups', transfer, operation, project, provider, period, currency,
         amount, amount > 0, amount < 0, 1
    from charging.true_ups`

/** Those that credits move have checks of their own. */
const transfers = `
  select t.id, t.operation, t.currency, t.amount, t.reason, t.period, d.owner as debit_owner, d.kind as debit_kind,
         c.owner as credit_owner, c.kind as credit_kind
    from ledger.transfers t
    left join ledger.accounts d on d.id = t.debit_account
    left join ledger.accounts c on c.id = t.credit_account
   where t.reason not in ('grant', 'withdraw', 'move', 'settle', 'absorb', 'expire', 'refund')`

const reason = `case when line."table" = 'charging.true_ups' then 'true-up' when up then 'charge' else 'reversal' end`

const underTransfers: Inquiry = {
  name: 'charges add up to their transfers',
  looked: `
    select (select count(*) from charging.charges where transfer is not null) + (select count(*) from charging.true_ups)
           || ' charges under ' || (select count(*) from (${transfers}) as t) || ' transfers' as looked`,
  wrongs: [
    `select case when t.id is null then line."table" else 'ledger.transfers' end as "table",
            'trf_' || coalesce(t.id, line.transfer) as row, coalesce(t.operation, line.operation)::text as operation,
            case when t.id is null then lines || ' charges name this transfer, which does not exist'
                 when line.transfer is null then 'no charge stands behind it'
                 when t.amount <> abs(line.amount) or up = down
                   then 'its amount is ' || t.amount || ', and its charges come to ' || line.amount
                 else 'it is not of the operation, period, currency, reason or parties of its charges' end as wrong
       from (${lines}) as line
       full join (${transfers}) as t on t.id = line.transfer
      where (t.operation = line.operation and t.period = line.period and t.currency = line.currency
             and t.amount = abs(line.amount) and up <> down and t.reason = ${reason}
             and case when up then debit_owner else credit_owner end = line.project
             and case when up then debit_kind else credit_kind end in ('unbilled_receivable', 'wallet')
             and case when up then credit_owner else debit_owner end = line.provider
             and case when up then credit_kind else debit_kind end = 'usage_revenue') is not true
      order by coalesce(t.id, line.transfer)`,
    `select 'charging.charges' as "table", 'chg_' || id as row, operation::text as operation,
            case kind when 'memo' then 'a memo moves no money, and names a transfer'
                      else 'it is ' || amount || ' and names no transfer' end as wrong
       from charging.charges
      where case kind when 'memo' then transfer is not null else (amount <> 0) <> (transfer is not null) end
      order by id`,
  ],
}

const alongside = `
  select d.owner as project, c.owner as provider, t.period, t.currency, sum(t.amount) as amount,
         max(t.operation) as operation
    from ledger.transfers t
    join ledger.accounts d on d.id = t.debit_account and d.kind in ('unbilled_receivable', 'wallet')
    join ledger.accounts c on c.id = t.credit_account and c.kind = 'usage_revenue'
   where t.reason in ('charge', 'reversal', 'true-up')
   group by d.owner, c.owner, t.period, t.currency
   union all
  select c.owner, d.owner, t.period, t.currency, -sum(t.amount), max(t.operation)
    from ledger.transfers t
    join ledger.accounts d on d.id = t.debit_account and d.kind = 'usage_revenue'
    join ledger.accounts c on c.id = t.credit_account and c.kind in ('unbilled_receivable', 'wallet')
   where t.reason in ('charge', 'reversal', 'true-up')
   group by c.owner, d.owner, t.period, t.currency`

const stated = `
  select project, provider, period, currency, sum(amount) as amount, max(operation) as operation
    from charging.charges
   where kind <> 'memo'
   group by project, provider, period, currency
   union all
  select project, provider, period, currency, sum(amount), max(operation)
    from charging.true_ups
   group by project, provider, period, currency`

const statements: Inquiry = {
  name: 'statements add up to the ledger',
  looked: `
    select count(*) || ' places: project, provider, month, currency' as looked
      from (select distinct debit_account, credit_account, period, currency from ledger.transfers) as place`,
  wrongs: [
    `select 'charging.charges' as "table",
            'of project prj_' || replace(project::text, '-', '') || ' in ' || to_char(period, 'YYYY-MM') as row,
            max(operation)::text as operation,
            'statements come to ' || coalesce(sum(amount) filter (where side = 1), 0) || ' ' || currency
            || ', and the ledger moved ' || coalesce(sum(amount) filter (where side = 2), 0) as wrong
       from (select 1 as side, * from (${stated}) as statement
              union all
             select 2, * from (${alongside}) as moved) as place
      group by project, provider, period, currency
     having coalesce(sum(amount) filter (where side = 1), 0) <> coalesce(sum(amount) filter (where side = 2), 0)
      order by project, provider, period, currency`,
  ],
}

/** Usage made money: every charge in the ledger, and nothing else there. */
export const chargeInquiries: readonly Inquiry[] = [underTransfers, statements]
