import type { Reader } from '../../database/reader.ts'
import { numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import { shownSettlement } from '../settlement/shown.ts'
import { settlementsAmong } from '../settlement/sql.ts'
import { refundsOf } from './sql.ts'

/** What some reservations were charged, the newest first and so many at the most, each with what went back of it. */
export async function chargesOf(reader: Reader, reservations: readonly bigint[], limit: number) {
  const found = await settlementsAmong(reader, reservations, limit)
  const refunds = await refundsOf(
    reader,
    found.map(({ id }) => BigInt(id)),
  )
  const bySettlement = Map.groupBy(refunds, ({ settlement }) => settlement)
  return found.map((row) => ({
    ...shownSettlement(row),
    refunds: (bySettlement.get(row.id) ?? []).map((refund) => ({
      id: numbered('refund', refund.id) as string,
      at: refund.at.toISOString(),
      amount: nanosText(nanosFrom(refund.amount)),
      reason: refund.reason,
      transfer: numbered('transfer', refund.transfer) as string,
    })),
  }))
}
