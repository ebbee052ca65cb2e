import { type Reader, row, rows } from '../../database/reader.ts'

export type LedgerRow = {
  id: string
  operation: string
  at: Date
  kind: 'reserve' | 'charge-reserved' | 'charge' | 'release' | 'transfer'
  /** Of the job that a reservation was made for; the type of one. */
  job: string | null
  service: string | null
  /** Why money moved, and the other side of it. */
  reason: string | null
  side: 'debit' | 'credit' | null
  other: string | null
  amount: string
  /** What it did to the balance; that, and what is reserved, after it. */
  change: string
  balance: string
  reservation: string
}

const own = `own as materialized (select id, posted, held from ledger.wallets where owner = $1 and currency = $2)`

/** What a step charges of what is reserved; the rest of what it takes from there goes back. */
const covered = 'least(-held_delta, charged)'
const isKept = `(held_delta > 0 or paid > 0 or -held_delta > charged)`

/**
 * Each of them is counted by itself: a step that charges what is reserved and more, or gives back, counts twice. The wallet
 * is looked up before: of one that it knows, PostgreSQL knows whether most transfers are its, and reads no others.
 */
export async function countLedger(reader: Reader, owner: string, currency: string): Promise<number> {
  const own = await row<{ id: string }>(reader, `select id from ledger.wallets where owner = $1 and currency = $2`, [
    owner,
    currency,
  ])
  if (!own) return 0
  const counted = await row<{ total: string }>(
    reader,
    `select (select count(*) from credits.reservations_made where wallet = $1)
          + (select count(*) filter (where held_delta > 0) + count(*) filter (where ${covered} > 0)
                    + count(*) filter (where held_delta <= 0 and paid > ${covered})
                    + count(*) filter (where -held_delta > charged)
               from credits.reservation_steps where wallet = $1)
          + (select count(*) from ledger.entries
              where account = $1 and reason not in ('settle', 'absorb')) as total`,
    [own.id],
  )
  return Number(counted?.total)
}

/** As many of each as may be among the newest, one row for each thing that happened. */
const happenings = `
  select id, 0 as part, operation, at, 'reserve' as kind, estimate, service, null as reason, null as side,
         null::bigint as other, amount, -amount as change, amount as aside
    from (select * from credits.reservations_made
           where wallet = (select id from own) order by id desc limit $3::bigint + $4::bigint) as r
  union all
  select s.id, told.part, s.operation, s.at, told.kind, s.estimate, s.service, null, null, null::bigint,
         told.amount, told.change, told.aside
    from (select * from credits.reservation_steps
           where wallet = (select id from own) and ${isKept} order by id desc limit $3::bigint + $4::bigint) as s
   cross join lateral (values
           (0, 'reserve', held_delta, -held_delta, held_delta, held_delta > 0),
           (0, 'charge-reserved', ${covered}, 0, -${covered}, ${covered} > 0),
           (1, 'charge', paid - ${covered}, ${covered} - paid, 0, held_delta <= 0 and paid > ${covered}),
           (2, 'release', -held_delta - ${covered}, -held_delta - ${covered}, held_delta + ${covered},
            -held_delta > charged)) as told (part, kind, amount, change, aside, is_so)
   where told.is_so
  union all
  select transfer, 0, operation, at, 'transfer', null, null, reason, side, other_account, amount,
         case side when 'credit' then amount else -amount end, 0
    from (select * from ledger.entries
           where account = (select id from own) and reason not in ('settle', 'absorb')
           order by entry desc limit $3::bigint + $4::bigint) as e`

/** The newest first. Balances are told from those of now, back through what happened since. */
export const ledgerPage = (reader: Reader, owner: string, currency: string, offset: bigint, size: number) =>
  rows<LedgerRow>(
    reader,
    `with ${own},
          newest as (select * from (${happenings}) as h order by id desc, part desc limit $3::bigint + $4::bigint),
          told as (
            select n.*, own.posted - own.held - coalesce(sum(n.change) over newer, 0) as balance,
                   own.held - coalesce(sum(n.aside) over newer, 0) as reservation
              from newest n cross join own
            window newer as (order by n.id desc, n.part desc rows between unbounded preceding and 1 preceding)
             order by n.id desc, n.part desc offset $3 limit $4)
     select t.id, t.operation, t.at, t.kind, t.estimate::json ->> 'job' as job, t.service, t.reason, t.side,
            w.owner as other, t.amount::text, t.change::text, t.balance::text, t.reservation::text
       from told t
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
