import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Asking } from '../../credits/commands.ts'
import { grantRule, grantThroughRule } from '../../credits/granting-commands.ts'
import { withdrawCommand } from '../../credits/withdraw.ts'
import { askingOf } from '../../credits/money-commands.ts'
import type { Answered } from '../../operations/alone.ts'
import { nanosText } from '../../values/money.ts'
import { text2 } from '../door/money.ts'
import type { JobParts } from '../parts-commands.ts'
import { shiftCommand } from './shift.ts'

/** Under the reference that the body gives, however often and by whom it is sent; else under the caller's key. */
export function askingFor(request: FastifyRequest, what: string, reference: string | undefined): Asking {
  const asking = askingOf(request, undefined)
  if (reference === undefined) return asking
  return { ...asking, key: keyOfReference(what, reference) }
}

export const keyOfReference = (what: string, reference: string): string =>
  `${what} ${createHash('sha256').update(reference).digest('hex')}`

/** Credits from nowhere, to a virtual lab. */
export async function topUp({ counter, currency }: JobParts, asking: Asking, vlab: string, nanos: bigint) {
  const { credits } = counter
  await credits.open(vlab, currency)
  const grant = { owner: vlab, currency, nanos, origin: 'top-up', expiresAt: null }
  return await credits.submit(asking, 'credits.grant', { ...grant, nanos: nanosText(nanos) }, grantRule(grant))
}

type Shift = { readonly from: string; readonly to: string; readonly nanos: bigint }

/** @throws Fault that says `short` when there is not so much */
export async function shift({ counter, currency }: JobParts, asking: Asking, of: Shift, short: string) {
  const { credits } = counter
  await credits.open(of.to, currency)
  const input = { ...of, currency }
  return await credits.submit(
    asking,
    'credits.move',
    { ...input, nanos: nanosText(of.nanos) },
    shiftCommand(input, short),
  )
}

/** Credits from nowhere, through a virtual lab to its project. */
export async function grant(
  { counter, currency }: JobParts,
  asking: Asking,
  vlab: string,
  project: string,
  nanos: bigint,
) {
  const { credits } = counter
  for (const owner of [vlab, project]) await credits.open(owner, currency)
  const input = { through: vlab, owner: project, currency, nanos, origin: 'top-up' }
  return await credits.submit(
    asking,
    'credits.grantThrough',
    { ...input, nanos: nanosText(nanos) },
    grantThroughRule(input),
  )
}

/** Gives back what is left in these accounts, all at once; the answer says how much that was. */
export async function deplete(
  { counter, currency }: JobParts,
  asking: Asking,
  owners: readonly string[],
): Promise<Answered> {
  const rule = withdrawCommand(owners, currency, (total) => ({ total_amount: text2(total) }))
  return await counter.credits.submit(asking, 'credits.withdraw', { owners, currency }, rule)
}
