import type { Reader } from '../database/reader.ts'
import { windowStart } from './budget.ts'
import * as sql from './listing/sql.ts'
import * as reserved from './reserved/sql.ts'
import { shownReservation, shownStep, shownWallet } from './shown.ts'

export type { Wanted } from './listing/sql.ts'

/** Wallets with the lots of each, as everything that ran out leaves them; one more than the limit. */
export async function walletsOf(reader: Reader, wanted: sql.Wanted) {
  const found = await sql.walletsPage(reader, wanted)
  const lots = await sql.lotsOf(
    reader,
    found.map(({ id }) => id),
  )
  const byWallet = Map.groupBy(lots, ({ wallet }) => wallet)
  return found.map((row) => ({ row, shown: shownWallet(row, byWallet.get(row.id) ?? []) }))
}

/** Budgets in force, as of now; one more than the limit. */
export const budgetsOf = (reader: Reader, wanted: sql.Wanted, zone: string) => {
  const now = Date.now()
  const starts = {
    day: windowStart('day', now, zone),
    month: windowStart('month', now, zone),
    total: windowStart('total', now, zone),
  }
  return sql.budgetsPage(reader, wanted, starts)
}

/** Reservations, newest first; one more than the limit. */
export const reservationsOf = (reader: Reader, wanted: sql.Wanted, state: reserved.ReservationState | undefined) =>
  reserved.reservationsPage(reader, wanted, state)

/** One reservation with its steps; undefined when there is none. */
export async function reservationWhole(reader: Reader, id: bigint) {
  const row = await reserved.reservationItem(reader, id)
  if (!row) return undefined
  const steps = (await reserved.stepsOf(reader, id)).map(shownStep)
  return { row, shown: shownReservation(row), steps }
}
