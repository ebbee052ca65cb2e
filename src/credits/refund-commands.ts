import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import { countedOf } from './counted-commands.ts'
import type { Desk } from './desk.ts'
import type { Paid } from './refund.ts'
import { spentLots } from './refunding/sql.ts'
import type { Reservation } from './reservation.ts'

export type PaidBy = {
  readonly settlement: bigint
  readonly nanos: bigint
  readonly operation: bigint
  readonly at: Date
}

/**
 * What wallets paid for some settlings of a reservation, with the dated credits that went into each, and the budgets that
 * it counts in. Read under the wallets' locks.
 */
export async function paidOf(
  reader: Reader,
  desk: Desk,
  reservation: Reservation,
  settlings: readonly PaidBy[],
): Promise<Paid[]> {
  const found = await spentLots(
    reader,
    settlings.map(({ operation }) => operation),
    settlings.map(({ at }) => at),
  )
  const byOperation = Map.groupBy(found, ({ operation }) => operation)
  const counted = await countedOf(reader, desk, reservation)
  return settlings.map(({ settlement, nanos, operation }) => ({
    settlement,
    nanos,
    lots: (byOperation.get(String(operation)) ?? []).map((row) => ({
      nanos: nanosFrom(row.spent),
      lot: {
        id: BigInt(row.id),
        wallet: BigInt(row.wallet),
        grant: BigInt(row.grant_id),
        expiresAt: row.expires_at.getTime(),
        posted: nanosFrom(row.posted),
        held: nanosFrom(row.held),
      },
    })),
    counted: counted.get(operation) ?? [],
  }))
}
