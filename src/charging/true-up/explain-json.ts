import { scopeText } from '../../pricing/describe.ts'
import { decimalText, parseDecimal } from '../../values/decimal.ts'
import { idOf, numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import type { ExplainedTrueUp } from './explain-commands.ts'
import type { TrueUpRow } from './sql.ts'

/** The explanation of a true-up as a program reads it. */
export const trueUpExplanation = ({ row, project, version, steps, ...found }: ExplainedTrueUp) => ({
  trueUp: {
    ...shownTrueUp(row),
    operation: numbered('operation', row.operation),
    at: found.at ?? null,
    project: idOf('project', row.project),
    projectName: project.name,
    provider: idOf('provider', row.provider),
    service: version.service,
    subtype: version.subtype,
    price: numbered('price', row.price),
    quantity: quantityText(row.quantity),
    due: nanosText(nanosFrom(row.total)),
    charges: nanosText(found.charges),
    trueUpsBefore: nanosText(found.before),
    trueUpBeside: nanosText(found.beside),
    transfer: numbered('transfer', row.transfer),
  },
  steps: steps ? stepsJson(steps) : null,
  trueUps: found.alike.map(shownTrueUp),
  transfers: found.transfers.map((transfer) => ({
    id: numbered('transfer', transfer.id),
    operation: numbered('operation', transfer.operation),
    debit: transfer.debit_kind,
    credit: transfer.credit_kind,
    currency: transfer.currency,
    amount: nanosText(nanosFrom(transfer.amount)),
    reason: transfer.reason,
    period: transfer.period.slice(0, 7),
  })),
})

const quantityText = (quantity: string): string => decimalText(parseDecimal(quantity, 9) as bigint, 9)

export const shownTrueUp = ({ id, period, component, currency, amount }: TrueUpRow) => ({
  id: numbered('trueUp', id) as string,
  period: period.slice(0, 7),
  component,
  currency,
  amount: nanosText(nanosFrom(amount)),
})

const stepsJson = ({ nanos: _, version, discount, ...steps }: NonNullable<ExplainedTrueUp['steps']>) => ({
  ...steps,
  priceVersion: {
    ...version,
    id: numbered('price', version.id),
    scope: scopeText(version),
    validFrom: new Date(version.validFrom),
  },
  discount: discount ? numbered('price', discount.id) : null,
})
