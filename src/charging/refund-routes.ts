import { Type } from 'typebox'
import { DryRun } from '../credits/contract.ts'
import { askingOf, sendMoney } from '../credits/money-commands.ts'
import { type ApiServer, door } from '../http/door.ts'
import { principalOf, requireTouch } from '../http/principal.ts'
import { closed, Currency, numberId, PositiveMoney } from '../http/schemas.ts'
import { nanosFrom } from '../values/money.ts'
import type { Counter } from './counter-commands.ts'
import { findRefundable, refund } from './refund-commands.ts'

const RefundBody = closed(
  {
    of: Type.String({
      minLength: 1,
      maxLength: 300,
      description: 'what was charged: set_…, res_…, chg_…, rec_…, or the name of a job',
      examples: ['set_42'],
    }),
    amount: PositiveMoney,
    reason: Type.String({ minLength: 1, maxLength: 500, description: 'why; it stands in the audit record' }),
    dryRun: DryRun,
  },
  'RefundRequest',
)
const Refunded = closed(
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

/** `POST /api/v1/refunds` */
export function addRefundRoutes(server: ApiServer, counter: Counter): void {
  server.post(
    '/api/v1/refunds',
    door({
      operation: 'credits.refund',
      id: 'refund',
      tag: 'credits',
      summary: 'Give back what was charged, or a part of it, to whoever paid',
      description:
        'What reservations were charged goes back to the credits that it came from: undated ones first, then those that ' +
        'expire last; what comes back to credits whose time is over expires at once. What usage records were charged ' +
        'comes back undated, or off what no invoice has asked for yet.',
      body: RefundBody,
      key: 'required',
      answers: { 201: Refunded, 200: Refunded },
      problems: ['not-found', 'idempotency-key-reused', 'refund-exceeds-paid'],
    }),
    async (request, reply) => {
      const { body } = request
      const found = await findRefundable(counter, body.of)
      requireTouch(principalOf(request), [found.payer])
      const asked = { of: body.of, nanos: nanosFrom(body.amount), reason: body.reason }
      return sendMoney(reply, await refund(counter, askingOf(request, body.dryRun), asked, found))
    },
  )
}
