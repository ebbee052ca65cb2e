import type { Writer } from '../database/writer.ts'
import type { Transfer } from '../ledger/transfer.ts'
import { periodOf } from '../values/period.ts'
import type { ChargeSheet } from './charge.ts'
import * as sql from './refund/sql.ts'

/**
 * A charge that is reversed gives all of itself back, so what a refund had given of it is taken back. Writes the rows, and
 * answers the transfers for whoever posts.
 */
export async function takeRefundsBack(
  writer: Writer,
  zone: string,
  takenBack: ChargeSheet['takenBack'],
): Promise<Transfer[]> {
  if (takenBack.length === 0) return []
  const at = writer.at.getTime()
  const period = periodOf(at, zone)
  const refunds = takenBack.map(({ charge, nanos }) => ({
    id: writer.nextId(),
    settlement: null,
    charge: charge.id,
    payer: charge.project,
    provider: charge.provider,
    period,
    at,
    currency: charge.currency,
    paid: charge.nanos,
    before: nanos,
    nanos: -nanos,
    reason: 'taken back: the charge was corrected',
    transfer: writer.nextId(),
  }))
  await sql.insertRefunds(writer, refunds)
  return refunds.map((row, n) => ({
    id: row.transfer,
    debit: { owner: row.payer, kind: (takenBack[n] as ChargeSheet['takenBack'][number]).payer },
    credit: { owner: row.provider, kind: 'usage_revenue' },
    currency: row.currency,
    nanos: -row.nanos,
    reason: 'refund',
    period,
  }))
}
