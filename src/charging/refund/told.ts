import { numbered } from '../../values/id.ts'
import { nanosText } from '../../values/money.ts'

/** What is to be given back: of a charge (`set_…`, `chg_…`), a reservation, a record, or a job by its name. */
export type RefundRequest = { readonly of: string; readonly nanos: bigint; readonly reason: string }

export const toldOf = ({ of, nanos, reason }: RefundRequest) => ({ of, amount: nanosText(nanos), reason })

export const answerOf = (
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
