import type { Inquiry } from './inquiry.ts'

/** What draws come to, and who moved a lot last. */
const drawn = `
  select lot, sum(posted_delta) as posted, sum(held_delta) as held, max(operation) as moved_by
    from credits.draws group by lot`

/** By which operation credits came into which wallet. */
const came = `
  select distinct operation, credit_account as wallet from ledger.transfers where reason in ('grant', 'move', 'refund')`

const lots: Inquiry = {
  name: 'dated credits are the sums of their draws',
  looked: `
    select (select count(*) from credits.lots) || ' lots of dated credits, ' || (select count(*) from credits.draws)
           || ' draws' as looked`,
  wrongs: [
    `select 'credits.lots' as "table", 'lot_' || coalesce(l.id, d.lot) as row, coalesce(d.moved_by, l.id >> 20)::text as operation,
            case when l.id is null then 'it is missing, and its draws are here'
                 when l.posted <> coalesce(d.posted, 0)
                   then l.posted || ' is left of it, and its draws come to ' || coalesce(d.posted, 0)
                 when l.held <> coalesce(d.held, 0)
                   then l.held || ' of it is held, and its draws come to ' || coalesce(d.held, 0)
                 when l.held < 0 or l.held > l.posted then l.held || ' of ' || l.posted || ' is held'
                 when g.id is null then 'there is no grant gra_' || l.grant_id || ' that expires as it does'
                 else 'nothing came into its wallet when it was opened' end as wrong
       from credits.lots l
       full join (${drawn}) as d on d.lot = l.id
       left join credits.grants g on g.id = l.grant_id and g.expires_at = l.expires_at
       left join (${came}) as t on t.operation = l.id >> 20 and t.wallet = l.wallet
      where (l.posted = d.posted and l.held = d.held and l.held between 0 and l.posted and g.id is not null
             and t.operation is not null) is not true
      order by coalesce(l.id, d.lot)`,
    `select 'credits.lots' as "table", 'lot_' || min(l.id) as row, null as operation,
            'it is not the only one of its grant and wallet' as wrong
       from credits.lots l group by l.wallet, l.grant_id having count(*) > 1 order by min(l.id)`,
    `select 'credits.draws' as "table", 'of lot_' || d.lot || ' for res_' || d.reservation as row,
            max(d.operation)::text as operation,
            sum(d.held_delta) || ' of the lot is held'
            || case when max(h.reservation) is null then ' by a reservation that has ended' else '' end as wrong
       from credits.draws d
       left join credits.holds h on h.reservation = d.reservation
      where d.reservation is not null
      group by d.reservation, d.lot
     having sum(d.held_delta) < 0 or sum(d.held_delta) > coalesce(max(h.held), 0)
      order by d.reservation, d.lot`,
    `select 'credits.draws' as "table", 'draw ' || d.id as row, d.operation::text as operation,
            case when d.reservation is not null or d.held_delta <> 0 then 'a page holds nothing'
                 when d.posted_delta < 0 then 'it pays a page of another operation'
                 else 'more came back of page op_' || d.page || ' than was paid' end as wrong
       from credits.draws d
       join (select lot, page, sum(posted_delta) as left_over from credits.draws where page is not null group by lot, page)
         as p on p.lot = d.lot and p.page = d.page
      where d.reservation is not null or d.held_delta <> 0 or (d.posted_delta < 0 and d.page <> d.operation)
         or p.left_over > 0
      order by d.id`,
    `select 'credits.lots' as "table", 'of acc_' || a.id as row, max(l.id >> 20)::text as operation,
            sum(l.posted) || ' is left of dated credits, and ' || a.posted || ' of all' as wrong
       from credits.lots l
       join ledger.accounts a on a.id = l.wallet
      group by a.id, a.posted, a.last_at
     having sum(l.posted) > a.posted and bool_or(l.posted > l.held and l.expires_at > a.last_at)
      order by a.id`,
  ],
}

/** Money that credits move, with who it moves between. */
const moved = `
  select t.id, t.operation, t.amount, t.reason, t.at, t.debit_account, t.credit_account, d.kind as debit_kind,
         c.kind as credit_kind
    from ledger.transfers t
    left join ledger.accounts d on d.id = t.debit_account
    left join ledger.accounts c on c.id = t.credit_account
   where t.reason in ('grant', 'withdraw', 'move', 'expire')`

const grants: Inquiry = {
  name: 'credits come, move, go and expire by their transfers',
  looked: `
    select (select count(*) from credits.grants) || ' grants, ' || count(*) filter (where reason = 'withdraw') || ' withdrawals, '
           || count(*) filter (where reason = 'move') || ' moves, '
           || count(*) filter (where reason = 'expire') || ' expired' as looked
      from ledger.transfers where reason in ('withdraw', 'move', 'expire')`,
  wrongs: [
    `select case when t.id is null then 'credits.grants' else 'ledger.transfers' end as "table",
            coalesce('trf_' || t.id, 'gra_' || g.id) as row, coalesce(t.operation, g.operation)::text as operation,
            case when g.id is null then 'no grant stands behind it'
                 when t.id is null then 'there is no transfer trf_' || g.transfer
                 else 'it is not of the operation, amount or wallet of gra_' || g.id end as wrong
       from credits.grants g
       full join (select * from (${moved}) as moved where reason = 'grant') as t on t.id = g.transfer
      where (t.operation = g.operation and t.amount = g.amount and t.credit_account = g.wallet
             and t.debit_kind = 'credits_granted' and t.credit_kind = 'wallet') is not true
      order by 2`,
    // Fewer come than go where they pay a debt.
    `select 'ledger.transfers' as "table", 'trf_' || t.id as row, t.operation::text as operation,
            case when d.dated > 0 then 'more dated credits come than go: ' || d.dated
                 else 'it is not between two wallets by a command that moves credits' end as wrong
       from (${moved}) as t
       left join operations.operations o on o.id = t.operation
       left join (select operation, sum(posted_delta) as dated from credits.draws group by operation) as d
         on d.operation = t.operation
      where t.reason = 'move' and (t.debit_kind = 'wallet' and t.credit_kind = 'wallet' and o.command in ('credits.move', 'credits.grantThrough')
                                   and (d.dated is null or d.dated <= 0)) is not true
      order by t.id`,
    `select 'ledger.transfers' as "table", 'trf_' || t.id as row, t.operation::text as operation,
            'it does not go back from a wallet to where credits come from, by a command that withdraws' as wrong
       from (${moved}) as t
       left join operations.operations o on o.id = t.operation
      where t.reason = 'withdraw'
        and (t.debit_kind = 'wallet' and t.credit_kind = 'credits_granted' and o.command = 'credits.withdraw') is not true
      order by t.id`,
    // What is taken of a lot whose time is over, and of no reservation, has expired.
    `select case when t.operation is null then 'credits.draws' else 'ledger.transfers' end as "table",
            'of acc_' || coalesce(t.wallet, d.wallet) as row, coalesce(t.operation, d.operation)::text as operation,
            coalesce(t.amount, 0) || ' expired in all, and ' || coalesce(d.amount, 0) || ' of dated credits' as wrong
       from (select operation, debit_account as wallet, sum(amount) as amount,
                    bool_and(debit_kind = 'wallet' and credit_kind = 'credits_expired') as fits
               from (${moved}) as moved where reason = 'expire' group by operation, debit_account) as t
       full join (select d.operation, l.wallet, -sum(d.posted_delta) as amount
                    from credits.draws d
                    join credits.lots l on l.id = d.lot
                    join operations.operations o on o.id = d.operation
                   where d.reservation is null and d.posted_delta < 0 and l.expires_at <= o.at
                   group by d.operation, l.wallet) as d on d.operation = t.operation and d.wallet = t.wallet
      where (t.amount = d.amount and t.fits) is not true
      order by 3`,
  ],
}

/** Credits with a date, and where credits come from and go to. */
export const lotInquiries: readonly Inquiry[] = [lots, grants]
