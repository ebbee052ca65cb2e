import type { Inquiry } from './inquiry.ts'

/** What the steps of each reservation have made of it. */
export const madeOf = `
  select r.id, r.operation, r.wallet, r.amount + coalesce(s.held, 0) as held, coalesce(s.charged, 0) as charged,
         coalesce(s.paid, 0) as paid, greatest(r.until, s.until) as until, coalesce(s.steps, 0) as steps,
         coalesce(s.last, 0) as last, coalesce(s.ended, false) as ended, coalesce(s.operation, r.operation) as moved_by
    from credits.reservations r
    left join (select reservation, sum(held_delta) as held, sum(charged) as charged, max(until) as until,
                      sum(charged - absorbed) filter (where kind = 'settle') as paid, count(*) as steps, max(n) as last,
                      bool_or(ends) as ended, max(operation) as operation
                 from credits.steps group by reservation) as s on s.reservation = r.id`

const holds: Inquiry = {
  name: 'what is held follows from what was reserved',
  looked: `
    select (select count(*) from credits.reservations) || ' reservations, ' || (select count(*) from credits.holds)
           || ' of them held' as looked`,
  wrongs: [
    `select case when r.ended and h.reservation is null then 'credits.reservations' else 'credits.holds' end as "table",
            'res_' || coalesce(h.reservation, r.id) as row,
            r.operation || case when r.moved_by > r.operation then ', last moved by op_' || r.moved_by else '' end
            as operation,
            case when r.id is null then 'there is no such reservation'
                 when r.ended and h.reservation is not null then 'it has ended, and is still held'
                 when r.ended then 'it has ended, and ' || r.held || ' of it was not given back'
                 when h.reservation is null then 'it has not ended, and no row says what it holds'
                 when h.held <> r.held then 'it holds ' || h.held || ', and its steps come to ' || r.held
                 when h.charged <> r.charged then 'it was charged ' || h.charged || ', and its steps come to ' || r.charged
                 when h.until <> r.until then 'it is held until ' || h.until || ', and not until ' || r.until
                 else 'it is of another wallet, or counts ' || h.steps || ' steps instead of ' || r.steps end as wrong
       from credits.holds h
       full join (${madeOf}) as r on r.id = h.reservation
      where case when r.ended then h.reservation is null and r.held = 0
                 else h.held = r.held and h.charged = r.charged and h.until = r.until and h.steps = r.steps
                      and h.wallet = r.wallet end is not true
      order by coalesce(h.reservation, r.id)`,
    `select 'credits.holds' as "table", 'res_' || reservation as row, null as operation,
            'it stands ' || count(*) || ' times' as wrong
       from credits.holds group by reservation having count(*) > 1 order by reservation`,
    `select 'credits.reservations' as "table", 'res_' || r.id as row, r.operation::text as operation,
            'its wallet is not that of who pays, or its payer is not among its owners' as wrong
       from credits.reservations r
       left join ledger.accounts a on a.id = r.wallet
      where (a.kind = 'wallet' and a.owner = r.payer and a.currency = r.currency and r.payer = any (r.owners)) is not true
      order by r.id`,
  ],
}

const steps: Inquiry = {
  name: 'reservations end once',
  looked: `
    select count(*) || ' steps, ' || count(*) filter (where ends) || ' of them the last' as looked from credits.steps`,
  wrongs: [
    `select 'credits.steps' as "table", 'step ' || n || ' of res_' || reservation as row, operation::text as operation,
            case when r_id is null then 'there is no such reservation'
                 when n <> place then 'it stands in place ' || place
                 when ends <> (kind in ('release', 'expire')) and kind <> 'settle' then 'its kind and its end do not fit'
                 when kind = 'late' then 'it settles late what had not run out'
                 else 'the reservation had ended before' end as wrong
       from (select s.*, r.id as r_id, row_number() over (partition by s.reservation order by s.n, s.id) as place,
                    coalesce(bool_or(s.ends) over earlier, false) as over, lag(s.kind) over (
                      partition by s.reservation order by s.n, s.id) as before
               from credits.steps s
               left join credits.reservations r on r.id = s.reservation
             window earlier as (partition by s.reservation order by s.n, s.id
                                rows between unbounded preceding and 1 preceding)) as step
      where (r_id is not null and n = place and (ends = (kind in ('release', 'expire')) or kind = 'settle')
             and case when kind = 'late' then before = 'expire' else not over end) is not true
      order by reservation, n`,
  ],
}

/** The answer of the operation says which wallet it was, because no row but the wallet's does. */
const limits = `
  select distinct on (wallet) wallet, credit_limit, id
    from (select answer::json ->> 'wallet' as wallet, (answer::json ->> 'creditLimit')::numeric as credit_limit, id
            from operations.operations where command = 'credits.limit') as answered
   order by wallet, id desc`

/** How many budgets each wallet has. */
const budgets = `
  select wallet, count(*) filter (where amount is not null) as budgets
    from (select distinct on (wallet, span) wallet, amount from credits.budgets order by wallet, span, id desc) as newest
   group by wallet`

const due = `greatest(0, a.held - a.posted - a.credit_limit)`

const wallets: Inquiry = {
  name: 'wallets hold what is reserved, and owe what lies beyond their limit',
  looked: `
    select count(*) || ' wallets' || coalesce(' hold ' || trim_scale(sum(held)) || ' and owe ' || trim_scale(sum(overrun)), '')
           as looked from ledger.accounts where kind = 'wallet'`,
  wrongs: [
    `select 'ledger.accounts' as "table", 'acc_' || a.id as row, a.operation::text as operation,
            case when a.kind <> 'wallet' then 'it has what only wallets have'
                 when a.held <> coalesce(h.held, 0)
                   then 'it holds ' || a.held || ', and its reservations hold ' || coalesce(h.held, 0)
                 when a.held <> coalesce(r.held, 0)
                   then 'it holds ' || a.held || ', and the steps of its reservations come to ' || coalesce(r.held, 0)
                 when a.credit_limit <> coalesce(l.credit_limit, 0)
                   then 'its credit limit is ' || a.credit_limit || ', and was set to ' || coalesce(l.credit_limit, 0)
                 when a.overrun <> ${due} then 'its overrun is ' || a.overrun || ', and ' || ${due} || ' lies beyond its limit'
                 when a.budgets <> coalesce(b.budgets, 0)
                   then 'it counts ' || a.budgets || ' budgets, and has ' || coalesce(b.budgets, 0)
                 when a.next_expiry is distinct from x.expires_at
                   then 'credits of it expire next at ' || coalesce(a.next_expiry::text, 'no time') || ', and not at '
                        || coalesce(x.expires_at::text, 'no time')
                 else 'a reservation on it runs out at ' || h.until || ', before it is looked for' end as wrong
       from ledger.accounts a
       left join (select wallet, sum(held) as held, min(until) as until from credits.holds group by wallet) as h
         on h.wallet = a.id
       left join (select wallet, sum(held) as held from (${madeOf}) as r where not ended group by wallet) as r
         on r.wallet = a.id
       left join (select wallet, min(expires_at) as expires_at from credits.lots where posted > 0 group by wallet) as x
         on x.wallet = a.id
       left join (${limits}) as l on l.wallet = 'acc_' || a.id
       left join (${budgets}) as b on b.wallet = a.id
      where case when a.kind = 'wallet'
                 then a.held = coalesce(h.held, 0) and a.held = coalesce(r.held, 0) and a.overrun = ${due}
                      and a.credit_limit = coalesce(l.credit_limit, 0) and a.budgets = coalesce(b.budgets, 0)
                      and a.next_expiry is not distinct from x.expires_at and (h.until is null or a.next_due <= h.until)
                 else a.held = 0 and a.overrun = 0 and a.credit_limit = 0 and a.budgets = 0
                      and a.next_expiry is null and a.next_due is null end is not true
      order by a.id`,
  ],
}

/** What is set aside, from the wallets down to the steps that set it aside. */
export const holdInquiries: readonly Inquiry[] = [holds, steps, wallets]
