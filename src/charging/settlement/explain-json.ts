import type { TransferRow } from '../../ledger/commands.ts'
import { decimalText } from '../../values/decimal.ts'
import { numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import type { ExplainedReservation } from './explain-commands.ts'
import { shownSettlement } from './shown.ts'

/** An explained reservation as programs read it. */
export const reservationExplanation = ({ whole, settlements }: ExplainedReservation) => ({
  reservation: { ...whole.shown, steps: whole.steps },
  settlements: settlements.map(({ row, lines, transfers }) => ({
    ...shownSettlement(row),
    steps:
      lines?.map((line) => ({
        component: line.component,
        price: numbered('price', line.price) as string,
        formula: line.formula,
        formulaWithNumbers: line.formulaWithNumbers,
        quantity: decimalText(line.quantity, 9),
        exact: line.unrounded,
        amount: nanosText(line.nanos),
        currency: line.currency,
      })) ?? null,
    transfers: transfers.map(transferJson),
  })),
})

const transferJson = (row: TransferRow) => ({
  id: numbered('transfer', row.id) as string,
  debit: row.debit_kind,
  credit: row.credit_kind,
  currency: row.currency,
  amount: nanosText(nanosFrom(row.amount)),
  reason: row.reason,
  period: row.period.slice(0, 7),
  at: row.at.toISOString(),
})
