import { askingOf, sendMoney } from '../credits/money-commands.ts'
import { type ApiServer, door } from '../http/door.ts'
import { mayTouch, principalOf } from '../http/principal.ts'
import { nanosFrom } from '../values/money.ts'
import type { Counter } from './counter-commands.ts'
import { RefundBody, Refunded } from './refund-contract.ts'
import { findRefundable, nothingOf, refund } from './refund-commands.ts'

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
        'comes back to the dated credits that paid it first, or off what no invoice has asked for yet.',
      body: RefundBody,
      key: 'required',
      answers: { 201: Refunded, 200: Refunded },
      problems: ['not-found', 'idempotency-key-reused', 'refund-exceeds-paid'],
    }),
    async (request, reply) => {
      const { body } = request
      const found = await findRefundable(counter, body.of)
      // What belongs to others is told as what is not there.
      if (!mayTouch(principalOf(request), [found.payer])) throw nothingOf(body.of)
      const asked = { of: body.of, nanos: nanosFrom(body.amount), reason: body.reason }
      return sendMoney(reply, await refund(counter, askingOf(request, body.dryRun), asked, found))
    },
  )
}
