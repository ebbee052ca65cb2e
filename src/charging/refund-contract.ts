import { Type } from 'typebox'
import { DryRun } from '../credits/contract.ts'
import { closed, Currency, numberId, PositiveMoney } from '../http/schemas.ts'

export const RefundBody = closed(
  {
    of: Type.String({
      minLength: 1,
      maxLength: 300,
      description: 'what was charged: set_…, res_…, chg_…, rec_…, or the name of a job',
      examples: ['set_42'],
    }),
    amount: PositiveMoney,
    reason: Type.String({
      pattern: '\\S',
      maxLength: 500,
      description: 'the reason, not blank: it stands in the audit record',
    }),
    dryRun: DryRun,
  },
  'RefundRequest',
)
export const Refunded = closed(
  {
    of: Type.String(),
    currency: Currency,
    amount: Type.String(),
    reason: Type.String(),
    refunds: Type.Array(
      closed({
        id: numberId('ref'),
        charge: Type.String({ description: 'set_… or chg_…' }),
        amount: Type.String(),
      }),
      { description: 'what went back of each charge' },
    ),
  },
  'Refunded',
)
