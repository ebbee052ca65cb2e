import { type Reader, rows } from '../../database/reader.ts'
import { arrayOf } from '../../database/copy-text.ts'
import type { Span } from '../budget.ts'
import type { StepKind } from '../reservation.ts'

export type SpentLotRow = {
  operation: string
  id: string
  wallet: string
  grant_id: string
  expires_at: Date
  posted: string
  held: string
  spent: string
}

/**
 * What some operations, that settled at these times, took of dated credits to pay. What they gave back to a lot whose
 * time was over was taken of it as well, but had expired.
 */
export const spentLots = (reader: Reader, operations: readonly bigint[], times: readonly Date[]) =>
  rows<SpentLotRow>(
    reader,
    `select d.operation, l.id, l.wallet, l.grant_id, l.expires_at, l.posted, l.held, -sum(d.posted_delta) as spent
       from unnest($1::bigint[], $2::timestamptz[]) as o (operation, at)
       join credits.draws d on d.id >= o.operation << 20 and d.id < (o.operation + 1) << 20
       join credits.lots l on l.id = d.lot
      where d.posted_delta < 0 and (d.held_delta < 0 or l.expires_at > o.at)
      group by d.operation, l.id
      order by d.operation, l.expires_at desc, l.id desc`,
    [arrayOf(operations), times],
  )

export type PastStepRow = {
  id: string
  operation: string
  kind: StepKind
  held_delta: string
  charged: string
  absorbed: string
  at: Date
}

export const stepsOf = (reader: Reader, reservation: bigint) =>
  rows<PastStepRow>(
    reader,
    `select id, operation, kind, held_delta, charged, absorbed, at
       from credits.steps
      where reservation = $1
      order by n`,
    [String(reservation)],
  )

/** Also those that were set anew or have ended since. */
export const budgetsEver = (reader: Reader, wallets: readonly bigint[]) =>
  rows<{ id: string; wallet: string; span: Span; amount: string | null }>(
    reader,
    `select id, wallet, span, amount from credits.budgets where wallet = any ($1::bigint[]) order by id`,
    [arrayOf(wallets)],
  )
