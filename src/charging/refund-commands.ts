import type { Asking, Credits } from '../credits/commands.ts'
import type { Desk } from '../credits/desk.ts'
import { type GivenBack, type Paid, refundCommand, type RefundLook, type RefundTell } from '../credits/refund.ts'
import { paidOf } from '../credits/refund-commands.ts'
import type { Reservation } from '../credits/reservation.ts'
import { Problem } from '../http/problem.ts'
import type { RecordRow } from '../metering/commands.ts'
import type { Answered } from '../operations/alone.ts'
import { numbered, numberOf } from '../values/id.ts'
import { nanosFrom } from '../values/money.ts'
import { periodOf } from '../values/period.ts'
import type { Reader } from '../database/reader.ts'
import type { Counter } from './counter-commands.ts'
import { findRecords } from './explain-commands.ts'
import { refundRecord } from './refund-record-commands.ts'
import * as sql from './refund/sql.ts'
import { answerOf, type RefundRequest, toldOf } from './refund/told.ts'
import { type SettlementRow, settlementById, settlementsOf } from './settlement/sql.ts'

/** Whose charge it is, for whoever may ask: UUIDs. */
export type Refundable =
  | { readonly payer: string; readonly reservation: Reservation; readonly settlements: readonly SettlementRow[] }
  | { readonly payer: string; readonly record: RecordRow; readonly charge: bigint | undefined }

/** @throws Problem `not-found`, `request-invalid` when the name means several jobs */
export async function findRefundable(counter: Counter, of: string): Promise<Refundable> {
  const { credits } = counter
  const reader = credits.house.database.pool
  const settlement = numberOf('settlement', of)
  const asked = numberOf('reservation', of)
  if (settlement !== undefined || asked !== undefined) {
    const only = settlement === undefined ? undefined : await settlementById(reader, settlement)
    const id = only ? BigInt(only.reservation) : asked
    const reservation = id === undefined ? undefined : await credits.reservation(reader, id)
    if (!reservation) throw nothingOf(of)
    return {
      payer: reservation.payer,
      reservation,
      settlements: only ? [only] : await settlementsOf(reader, [reservation.id]),
    }
  }
  const records = await findRecords(credits.house, of)
  const [record] = records
  if (!record) throw nothingOf(of)
  if (records.length > 1) {
    const ids = records.map(({ id }) => numbered('record', id)).join(', ')
    throw new Problem('request-invalid', {
      issues: [{ field: 'body.of', message: `means several records: name one of ${ids}` }],
    })
  }
  return { payer: record.project, record, charge: numberOf('charge', of) }
}

export const nothingOf = (of: string): Problem => new Problem('not-found', { detail: `Nothing is known of “${of}”.` })

/** Gives back what was charged, to whoever paid it. */
export async function refund(
  counter: Counter,
  asking: Asking,
  request: RefundRequest,
  found: Refundable,
): Promise<Answered> {
  return 'reservation' in found
    ? await refundReservation(counter, asking, request, found.reservation, found.settlements)
    : await refundRecord(counter, asking, request, found.record, found.charge)
}

async function refundReservation(
  { credits }: Counter,
  asking: Asking,
  request: RefundRequest,
  reservation: Reservation,
  settlements: readonly SettlementRow[],
): Promise<Answered> {
  const { of, nanos, reason } = request
  const tell = refundTell(credits.house.zone, reservation, of, reason)
  const rule = refundCommand({ reservation, nanos }, refundLook(reservation, settlements), tell)
  return await credits.submit(asking, 'credits.refund', toldOf(request), rule)
}

/** What settlings of a reservation were paid from, and what went back of them, under the locks. */
const refundLook =
  (reservation: Reservation, settlements: readonly SettlementRow[]): RefundLook =>
  async (reader, desk) => {
    const ids = settlements.map(({ id }) => BigInt(id))
    const settlings = settlements.map((row) => ({
      settlement: BigInt(row.id),
      nanos: nanosFrom(row.amount) - nanosFrom(row.absorbed),
      operation: BigInt(row.operation),
      at: row.at,
    }))
    const refunded = await sql.refundedOf(reader, 'settlement', ids)
    return {
      paid: await paidOf(reader, desk, reservation, settlings),
      refunded: new Map(refunded.map((row) => [BigInt(row.id), nanosFrom(row.refunded)])),
    }
  }

/** What each of some reservations paid, with what went back of it noted on the desk: read under the locks. */
export async function paidByReservation(
  credits: Credits,
  reader: Reader,
  desk: Desk,
  ids: readonly bigint[],
): Promise<Map<bigint, { readonly reservation: Reservation; readonly paid: readonly Paid[] }>> {
  const paid = new Map<bigint, { readonly reservation: Reservation; readonly paid: readonly Paid[] }>()
  for (const [id, rows] of Map.groupBy(await settlementsOf(reader, ids), (row) => BigInt(row.reservation))) {
    const reservation = await credits.reservation(reader, id)
    if (!reservation) throw new Error(`reservation ${id} was settled and is not there`)
    const found = await refundLook(reservation, rows)(reader, desk)
    for (const each of found.paid) desk.refunded.set(each.settlement, found.refunded.get(each.settlement) ?? 0n)
    paid.set(id, { reservation, paid: found.paid })
  }
  return paid
}

/** The rows of a refund, and what its answer tells of them. */
export function refundTell(zone: string, reservation: Reservation, of: string, reason: string): RefundTell {
  let numbers: bigint[] = []
  return {
    told(turn, parts) {
      numbers = parts.map(() => turn.nextId())
      const charges = parts.map((part) => ({ id: numbered('settlement', part.paid.settlement), nanos: part.nanos }))
      return answerOf(of, reason, numbers, charges)
    },
    write(turn, given) {
      const period = periodOf(turn.at, zone)
      const row = (part: GivenBack, n: number): sql.Refund => ({
        id: numbers[n] as bigint,
        settlement: part.paid.settlement,
        charge: null,
        payer: reservation.payer,
        provider: reservation.provider,
        period,
        at: turn.at,
        currency: reservation.currency,
        paid: part.paid.nanos,
        before: part.before,
        nanos: part.nanos,
        reason,
        transfer: part.transfer,
      })
      for (const [n, part] of given.entries()) {
        turn.add(sql.refundsTable, () => sql.refundLine(row(part, n), turn.operation))
      }
    },
  }
}

export { refundsTable } from './refund/sql.ts'
