import type { RowWriter } from './desk.ts'
import { writeReservation, writeStep } from './row.ts'
import * as sql from './sql.ts'

/** Rows that operations answer for; their lines are made as they go out. */
export const rowWriter: RowWriter = {
  draw(turn, draw, reservation) {
    const id = turn.nextId()
    turn.add(sql.drawsTable, () => sql.drawLine(id, draw, reservation, turn.operation))
  },
  reservation(turn, reservation) {
    const { operation } = turn
    turn.add(
      sql.reservationsTable,
      () => sql.reservationLine(reservation, operation),
      (out) => writeReservation(out, reservation, operation),
    )
  },
  step(turn, reservation, n, step) {
    const id = turn.nextId()
    const { operation, at } = turn
    turn.add(
      sql.stepsTable,
      () => sql.stepLine(id, reservation.id, n, step, operation, at),
      (out) => writeStep(out, id, reservation.id, n, step, operation, at),
    )
  },
}
