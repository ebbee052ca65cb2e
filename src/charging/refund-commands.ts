import type { Asking, Credits } from '../credits/commands.ts'
import type { Desk } from '../credits/desk.ts'
import { postFromWallets } from '../credits/page-commands.ts'
import {
  type GivenBack,
  type Paid,
  refundCommand,
  type RefundLook,
  type RefundTell,
  refundTooMuch,
} from '../credits/refund.ts'
import { paidOf } from '../credits/refund-commands.ts'
import type { Reservation } from '../credits/reservation.ts'
import { Problem } from '../http/problem.ts'
import { lockStanding, type RecordRow } from '../metering/commands.ts'
import { aloneStored, type Answered } from '../operations/alone.ts'
import { numbered, numberOf } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { periodOf } from '../values/period.ts'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { Charge } from './charge.ts'
import type { Counter } from './counter-commands.ts'
import { findRecords } from './explain-commands.ts'
import { payerOf, type Prior, priorRatings } from './prior-commands.ts'
import * as sql from './refund/sql.ts'
import { type SettlementRow, settlementById, settlementsOf } from './settlement/sql.ts'

/** What is to be given back: of a charge (`set_…`, `chg_…`), a reservation, a record, or a job by its name. */
export type RefundRequest = { readonly of: string; readonly nanos: bigint; readonly reason: string }

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

const toldOf = ({ of, nanos, reason }: RefundRequest) => ({ of, amount: nanosText(nanos), reason })

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

const answerOf = (
  of: string,
  reason: string,
  ids: readonly bigint[],
  charges: readonly { readonly id: string; readonly nanos: bigint }[],
) => ({
  of,
  reason,
  refunds: charges.map(({ id, nanos }, n) => ({
    id: numbered('refund', ids[n] as bigint),
    charge: id,
    amount: nanosText(nanos),
  })),
})

/** Charges of usage records: back to the credits of the wallet that paid them, or off what no invoice has asked for yet. */
async function refundRecord(
  { credits }: Counter,
  asking: Asking,
  request: RefundRequest,
  record: RecordRow,
  only: bigint | undefined,
): Promise<Answered> {
  const { principal, key, dryRun } = asking
  const call = { principal, key, command: 'credits.refund', input: toldOf(request), status: 201 }
  try {
    const answered = await aloneStored(credits.house, call, async (writer) => {
      const { answer, write } = await planOf(writer, credits.house.zone, request, record, only)
      if (dryRun) throw new OnlyTried(answer)
      await write()
      return answer
    })
    if (!answered) throw new Error('a refund answers')
    return answered
  } catch (error) {
    if (!(error instanceof OnlyTried)) throw error
    return { operation: 0n, status: 200, answer: JSON.stringify(error.answer), again: false }
  }
}

async function planOf(
  writer: Writer,
  zone: string,
  { of, nanos, reason }: RefundRequest,
  record: RecordRow,
  only: bigint | undefined,
) {
  await sql.lockRefunds(writer, BigInt(record.id))
  // A correction on its way gives all of it back: whoever comes second sees what the first has written.
  await lockStanding(writer, [BigInt(record.id)])
  const prior = (await priorRatings(writer, [record.id])).get(record.id) as Prior
  const live = prior.live.filter((charge) => charge.nanos > 0n && (only === undefined || charge.id === only))
  const currency = live[0]?.currency ?? ''
  const alike = live.filter((charge) => charge.currency === currency)
  const parts = await partsOf(writer, alike, nanos, currency)
  const at = writer.at.getTime()
  const period = periodOf(at, zone)
  const refunds = parts.map(({ charge, before, nanos: part }) => ({
    id: writer.nextId(),
    settlement: null,
    charge: charge.id,
    payer: charge.project,
    provider: charge.provider,
    period,
    at,
    currency,
    paid: charge.nanos,
    before,
    nanos: part,
    reason,
    transfer: writer.nextId(),
  }))
  const transfers = refunds.map((row, n) => ({
    id: row.transfer,
    debit: { owner: row.provider, kind: 'usage_revenue' as const },
    credit: { owner: row.payer, kind: payerOf(prior, (parts[n] as Part).charge) },
    currency,
    nanos: row.nanos,
    reason: 'refund' as const,
    period,
  }))
  const charges = parts.map(({ charge, nanos: part }) => ({ id: numbered('charge', charge.id), nanos: part }))
  const ids = refunds.map(({ id }) => id)
  return {
    answer: { currency, amount: nanosText(nanos), ...answerOf(of, reason, ids, charges) },
    write: async () => {
      await sql.insertRefunds(writer, refunds)
      const givenBack = parts
        .filter(({ charge }) => charge.transfer !== null)
        .map(({ charge, nanos: part }) => ({
          owner: charge.project,
          currency,
          nanos: part,
          page: (charge.transfer as bigint) >> 20n,
        }))
      await postFromWallets(writer, zone, transfers, { givenBack })
    },
  }
}

type Part = { readonly charge: Charge; readonly before: bigint; readonly nanos: bigint }

/** Rolls back what was only tried. */
class OnlyTried extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super()
    this.answer = answer
  }
}

async function partsOf(reader: Reader, live: readonly Charge[], nanos: bigint, currency: string) {
  const found = await sql.refundedOf(
    reader,
    'charge',
    live.map(({ id }) => id),
  )
  const refunded = new Map(found.map((row) => [BigInt(row.id), nanosFrom(row.refunded)]))
  const parts: Part[] = []
  let open = nanos
  for (const charge of live) {
    const before = refunded.get(charge.id) ?? 0n
    const left = charge.nanos - before
    const part = left < open ? left : open
    if (part > 0n) parts.push({ charge, before, nanos: part })
    open -= part
  }
  if (open > 0n) throw refundTooMuch(currency, nanos, nanos - open)
  return parts
}

export { refundsTable } from './refund/sql.ts'
