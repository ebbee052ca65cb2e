import type { RatedLine } from '../../pricing/line.ts'
import { decimalText } from '../../values/decimal.ts'
import { numbered } from '../../values/id.ts'
import { nanosText } from '../../values/money.ts'
import type { Reservation } from '../../credits/reservation.ts'

/** Usage that was priced, with the revision of the book that did it. */
export type Priced = {
  readonly quantities: Readonly<Record<string, string>>
  readonly lines: readonly RatedLine[]
  readonly uses: readonly bigint[]
  readonly book: number
}

/** What one settling of a reservation cost: the charge, its price and the money that moved. */
export type Settlement = {
  readonly id: bigint
  readonly reservation: Reservation
  readonly period: string
  readonly at: number
  readonly nanos: bigint
  readonly absorbed: bigint
  readonly priced: Priced | null
  readonly transfer: bigint | null
  readonly absorbedTransfer: bigint | null
}

/** Lines as they are kept and shown: exact, and by the version of the price that made them. */
export const linesText = (lines: readonly RatedLine[]): string =>
  JSON.stringify(
    lines.map(({ component, price, quantity, nanos, currency }) => ({
      component,
      price: numbered('price', price),
      quantity: decimalText(quantity, 9),
      amount: nanosText(nanos),
      currency,
    })),
  )
