import { type Reader, row, rows } from '../../database/reader.ts'
import { values, type Wanted } from '../listing/sql.ts'
import type { OverrunPolicy, StepKind } from '../reservation.ts'

export type ReservationItem = {
  id: string
  operation: string
  payer: string
  project: string | null
  person: string | null
  provider: string
  currency: string
  service: string
  subtype: string
  amount: string
  overrun: OverrunPolicy
  at: Date
  until: Date
  estimate: string | null
  held: string | null
  is_due: boolean | null
  ended_as: StepKind | null
  charged: string
  lasts_until: Date
}

const reservation = `select r.id, r.operation, r.payer, r.project, r.person, r.provider, r.currency, r.service, r.subtype,
        r.amount, r.overrun, r.at, r.until, r.estimate, h.held, h.until <= clock_timestamp() as is_due,
        e.kind as ended_as, coalesce(h.charged, s.charged, 0) as charged, coalesce(h.until, s.until, r.until) as lasts_until
   from credits.reservations r
   left join credits.holds h on h.reservation = r.id
   left join lateral (select kind from credits.steps where reservation = r.id and h.reservation is null
                       order by n desc limit 1) e on true
   left join lateral (select sum(charged) as charged, max(until) as until from credits.steps
                       where reservation = r.id and h.reservation is null) s on true`

const withStep = (...kinds: readonly StepKind[]) =>
  `select reservation from credits.steps where kind in ('${kinds.join(`', '`)}')`

/** Each begins with a condition that PostgreSQL knows the frequency of: of what is rare, it does not look at all others. */
const inState = {
  held: 'h.until > clock_timestamp()',
  expired: `r.id in (${withStep('expire')}
                      union all select reservation from credits.holds where until <= clock_timestamp())
            and (e.kind = 'expire' or h.until <= clock_timestamp())`,
  settled: `r.id in (${withStep('settle', 'late')}) and e.kind in ('settle', 'late')`,
  released: `r.id in (${withStep('release')}) and e.kind = 'release'`,
} as const
export type ReservationState = keyof typeof inState

/** Newest first. The wallets are looked up before: of those that it knows, PostgreSQL knows how much is theirs. */
export async function reservationsPage(reader: Reader, wanted: Wanted, state: ReservationState | undefined) {
  const [scope, , ...others] = values(wanted)
  const { payer } = wanted
  const wallets =
    payer && (await rows<{ id: string }>(reader, `select id from ledger.wallets where owner = $1`, [payer]))
  return await rows<ReservationItem>(
    reader,
    `${reservation}
      where ($1::uuid[] is null or r.payer = any ($1) or r.project = any ($1) or r.person = any ($1))
        and ($2::bigint[] is null or r.wallet = any ($2))
        and ($3::text is null or r.currency = $3)
        and ($4::bigint is null or r.id < $4)
        ${state === undefined ? '' : `and ${inState[state]}`}
      order by r.id desc
      limit $5`,
    [scope, wallets && wallets.map(({ id }) => id), ...others],
  )
}

export const reservationItem = (reader: Reader, id: bigint) =>
  row<ReservationItem>(reader, `${reservation} where r.id = $1`, [id])

export type StepItem = {
  operation: string
  kind: StepKind
  held_delta: string
  charged: string
  absorbed: string
  until: Date | null
  at: Date
}

export const stepsOf = (reader: Reader, id: bigint) =>
  rows<StepItem>(
    reader,
    `select operation, kind, held_delta, charged, absorbed, until, at from credits.steps where reservation = $1 order by n`,
    [id],
  )
