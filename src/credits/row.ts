import type { BinaryRows } from '../database/copy-binary.ts'
import type { Step } from './desk.ts'
import type { Hold, Reservation } from './reservation.ts'

/** The columns of the busiest tables in the binary format, in the order in which their statements name them. */
export function writeReservation(out: BinaryRows, r: Reservation, operation: bigint): void {
  out.row(16).bigint(r.id).bigint(operation).bigint(r.wallet).uuid(r.payer).uuid(r.project).uuid(r.person)
  out.uuid(r.provider).uuids(r.owners).text(r.currency).text(r.service).text(r.subtype).money(r.amount)
  out.text(r.overrun).time(r.at).time(r.until).text(r.estimate)
}

export function writeStep(
  out: BinaryRows,
  id: bigint,
  reservation: bigint,
  n: number,
  step: Step,
  operation: bigint,
  at: number,
): void {
  out.row(11).bigint(reservation).integer(n).bigint(id).bigint(operation).text(step.kind).boolean(step.ends)
  out
    .money(step.heldDelta)
    .money(step.charged ?? 0n)
    .money(step.absorbed ?? 0n)
  out.time(step.until ?? null).time(at)
}

export function writeHold(out: BinaryRows, { reservation, held, charged, until, steps }: Hold, windows: string | null) {
  out.row(7).bigint(reservation.id).bigint(reservation.wallet).money(held).money(charged)
  out.time(until).integer(steps).text(windows)
}
