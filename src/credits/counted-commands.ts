import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import { type Counted, countedIn } from './counted.ts'
import type { Desk } from './desk.ts'
import { loadWindows } from './desk-load-commands.ts'
import { budgetsEver, stepsOf } from './refunding/sql.ts'
import type { Reservation } from './reservation.ts'

/** In which windows of budgets each settling of a reservation counts; the desk has these windows then. */
export async function countedOf(reader: Reader, desk: Desk, reservation: Reservation): Promise<Map<bigint, Counted[]>> {
  const wallets = reservation.owners.map((owner) => desk.wallet(owner, reservation.currency))
  const budgets = await budgetsEver(
    reader,
    wallets.filter((wallet) => wallet !== undefined).map(({ id }) => id),
  )
  if (budgets.length === 0) return new Map()
  const steps = await stepsOf(reader, reservation.id)
  const counted = countedIn(
    reservation,
    steps.map((row) => ({
      id: BigInt(row.id),
      operation: BigInt(row.operation),
      kind: row.kind,
      heldDelta: nanosFrom(row.held_delta),
      charged: nanosFrom(row.charged),
      absorbed: nanosFrom(row.absorbed),
      at: row.at.getTime(),
    })),
    budgets.map(({ id, wallet, span, amount }) => ({
      id: BigInt(id),
      wallet: BigInt(wallet),
      span,
      amount: amount === null ? null : nanosFrom(amount),
    })),
    desk.zone,
  )
  await loadWindows(
    reader,
    desk,
    [...counted.values()].flat().map(({ window }) => window),
  )
  return counted
}
