import { type Reader, row, rows } from '../../database/reader.ts'

export type LedgerRow = {
  id: string
  operation: string
  at: Date
  kind: 'reserve' | 'charge' | 'release' | 'transfer'
  /** Of the job that a reservation was made for; the type of one. */
  job: string | null
  service: string | null
  /** Why money moved, and the other side of it. */
  reason: string | null
  side: 'debit' | 'credit' | null
  other: string | null
  amount: string
  /** What it did to the balance and to what is reserved, and both after it. */
  change: string
  aside: string
  balance: string
  reservation: string
}

const wallet = `select id, posted, held from ledger.wallets where owner = $1 and currency = $2`

/** One row for each thing that happened, but two where a settling charges and gives back. */
const moves = `
  select m.id, 0 as part, m.operation, m.at, 'reserve' as kind, m.reservation as of, null as reason, null as side,
         null::bigint as other, m.held_delta as amount, -m.held_delta as change, m.held_delta as aside
    from credits.reservation_moves m
   where m.wallet = (select id from own) and m.held_delta >= 0 and m.kind in ('hold', 'grow')
  union all
  select m.id, 0, m.operation, m.at, 'charge', m.reservation, null, null, null, m.paid,
         least(-m.held_delta, m.charged) - m.paid, -least(-m.held_delta, m.charged)
    from credits.reservation_moves m
   where m.wallet = (select id from own) and m.paid > 0
  union all
  select m.id, 1, m.operation, m.at, 'release', m.reservation, null, null, null,
         -m.held_delta - least(-m.held_delta, m.charged), -m.held_delta - least(-m.held_delta, m.charged),
         m.held_delta + least(-m.held_delta, m.charged)
    from credits.reservation_moves m
   where m.wallet = (select id from own) and -m.held_delta > m.charged and m.kind <> 'hold'
  union all
  select e.transfer, 0, e.operation, e.at, 'transfer', null, e.reason, e.side, e.other_account, e.amount,
         case e.side when 'credit' then e.amount else -e.amount end, 0
    from ledger.entries e
   where e.account = (select id from own) and e.reason not in ('settle', 'absorb')`

export const countLedger = async (reader: Reader, owner: string, currency: string): Promise<number> =>
  Number(
    (
      await row<{ total: string }>(
        reader,
        `with own as materialized (${wallet}) select count(*) as total from (${moves}) as m`,
        [owner, currency],
      )
    )?.total ?? 0,
  )

/** The newest first. Balances are told from those of now, back through what happened since. */
export const ledgerPage = (reader: Reader, owner: string, currency: string, offset: bigint, size: number) =>
  rows<LedgerRow>(
    reader,
    `with own as materialized (${wallet}),
          newest as (select * from (${moves}) as m order by id desc, part desc limit $3::bigint + $4::bigint),
          told as (
            select n.*, own.posted - own.held - coalesce(sum(n.change) over newer, 0) as balance,
                   own.held - coalesce(sum(n.aside) over newer, 0) as reservation
              from newest n cross join own
            window newer as (order by n.id desc, n.part desc rows between unbounded preceding and 1 preceding)
             order by n.id desc, n.part desc offset $3 limit $4)
     select t.id, t.operation, t.at, t.kind, r.estimate::json ->> 'job' as job, r.service, t.reason, t.side,
            w.owner as other, t.amount::text, t.change::text, t.aside::text, t.balance::text, t.reservation::text
       from told t
       left join lateral (select m.estimate, m.service from credits.reservation_moves m
                           where m.id = t.of and m.kind = 'hold') as r on true
       left join ledger.wallets w on w.id = t.other
      order by t.id desc, t.part desc`,
    [owner, currency, offset, size],
  )

/** The jobs whose usage made these operations: each told one. */
export const jobsOfOperations = (reader: Reader, operations: readonly bigint[]) =>
  rows<{ operation: string; job: string; type: string }>(
    reader,
    `select distinct on (o.operation) o.operation, e.job, j.type
       from unnest($1::bigint[]) as o (operation)
       join jobs.events e on e.id >= o.operation << 20 and e.id < (o.operation + 1) << 20
       join jobs.jobs j on j.id = e.job
      order by o.operation, e.id`,
    [operations],
  )
