import type { FastifyReply, FastifyRequest } from 'fastify'
import { callerOf, sendAnswered } from '../http/call.ts'
import { mayTouch, type Principal, principalOf } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { lockedCheckOf } from '../http/under-locks.ts'
import type { Directory, NamedPayer } from '../parties/directory-commands.ts'
import type { Currency } from '../values/money.ts'
import type { Credits } from './commands.ts'
import { BudgetExhausted } from './exhausted.ts'

/** In whose name a money command is asked for, under which key. */
export const askingOf = (request: FastifyRequest, dryRun: boolean | undefined) => ({
  ...callerOf(request),
  dryRun: dryRun === true,
  // Whoever hangs up before its turn is dropped.
  isGone: () => request.raw.socket.destroyed,
  check: lockedCheckOf(request),
})

/** What was only tried is no operation. */
export function sendMoney(
  reply: FastifyReply,
  answered: { readonly operation: bigint; readonly status: number; readonly answer: string },
): FastifyReply {
  if (answered.operation > 0n) return sendAnswered(reply, answered)
  return reply.code(200).type('application/json; charset=utf-8').send(answered.answer)
}

/** The payer that a request names, when whoever asks may act for it. @throws Problem `not-found` */
export const payerFor = (directory: Directory, request: FastifyRequest, text: string): Promise<NamedPayer> =>
  directory.payerFor(principalOf(request), text)

/** A wallet in what nobody means stays for ever. @throws Problem `request-invalid` that names the field */
export function currencyFor({ currencies }: Credits, text: string | undefined, field = 'body.currency'): Currency {
  if (text === undefined) return 'CREDIT'
  if (currencies.has(text)) return text
  const message = `${text} is no currency that there is: an ISO 4217 code, CREDIT, or a unit in BURSAR_CURRENCIES`
  throw new Problem('request-invalid', { issues: [{ field, message }] })
}

/** Whoever may not read a budget that stops them, of a person or of an organisation, learns until when and no more. */
export function asToldTo(principal: Principal, error: unknown): unknown {
  if (!(error instanceof BudgetExhausted) || mayTouch(principal, [error.owner])) return error
  const { span, since } = error.detail
  return new Problem('budget-exhausted', {
    span,
    since,
    detail: 'You may not read this budget, so nothing else is told.',
  })
}
