import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { grantRule, grantThroughRule } from '../../credits/granting-commands.ts'
import { withdrawCommand } from '../../credits/withdraw.ts'
import { askingOf } from '../../credits/money-commands.ts'
import { keyOf } from '../../http/call.ts'
import type { Answered } from '../../operations/alone.ts'
import { inputDigest } from '../../operations/canonical.ts'
import type { AccountCommand } from '../account/open.ts'
import { accountShelf } from '../account/shelf-commands.ts'
import { type Concerned, forAccounts } from '../account/there.ts'
import { Fault } from '../door/fault.ts'
import { text2 } from '../door/money.ts'
import type { JobParts } from '../parts-commands.ts'
import { onceFor, refusing } from './once.ts'
import { referenceShelf } from './shelf-commands.ts'
import { shiftCommand } from './shift.ts'

/** What a client asks for, as it is kept; the same again is the same for ever, whatever became of accounts. */
export type Wanted = {
  /** A word: `top-up`. */
  readonly what: string
  readonly command: string
  readonly input: Readonly<Record<string, unknown>>
  readonly reference: string | undefined
}

/** What is done once it has been looked at: the rule, and whom it concerns. */
type Checked = { readonly rule: AccountCommand; readonly concerned: readonly Concerned[] }

/**
 * Moves money once: under the caller's key, else under the reference that the body gives; and under that reference once,
 * however often and by whom it is sent. What was done before is answered as it was then, before accounts are looked at.
 *
 * @throws Fault as `check` throws it, Problem `idempotency-key-reused`
 */
export async function moveOnce(
  { counter }: JobParts,
  request: FastifyRequest,
  { what, command, input, reference }: Wanted,
  check: () => Promise<Checked>,
): Promise<Answered> {
  const { credits } = counter
  const digest = reference === undefined ? undefined : keyOfReference(what, reference)
  const own = askingOf(request, undefined)
  const given = keyOf(request)
  const key = given ?? digest
  // Under a key of the caller's, another reference is another request.
  const asked = given === undefined || reference === undefined ? input : { ...input, reference }
  const asking = key === undefined ? own : { ...own, key }
  const once = (rule: AccountCommand): AccountCommand =>
    digest === undefined
      ? rule
      : onceFor(referenceShelf, { reference: digest, input: inputDigest(command, input) }, rule)
  let checked: Checked
  try {
    checked = await check()
  } catch (error) {
    if (key === undefined || !(error instanceof Fault)) throw error
    return await credits.submit(asking, command, asked, once(refusing(error)))
  }
  const { rule, concerned } = checked
  return await credits.submit(asking, command, asked, once(forAccounts(accountShelf, concerned, rule)))
}

const keyOfReference = (what: string, reference: string): string => `${what} ${hash('sha256', reference, 'hex')}`

/** Under which key funds are asked for that name a reference, where the caller has none: the same reference is the same request. */
export const fundingKey = (vlab: unknown, reference: unknown): string | undefined =>
  typeof reference === 'string' ? keyOfReference(vlab === undefined ? 'grant' : 'top-up', reference) : undefined

/** Credits from nowhere, to a virtual lab. */
export async function topUp({ counter, currency }: JobParts, vlab: string, nanos: bigint): Promise<Checked> {
  await counter.credits.open(vlab, currency)
  const rule = grantRule({ owner: vlab, currency, nanos, origin: 'top-up', expiresAt: null })
  return { rule, concerned: [{ id: vlab, missing: 'Virtual lab not found' }] }
}

export type Shift = { readonly from: string; readonly to: string; readonly nanos: bigint }

/** Refuses with a Fault that says `short` when there is not so much. */
export async function shift({ counter, currency }: JobParts, of: Shift, short: string): Promise<Checked> {
  await counter.credits.open(of.to, currency)
  return { rule: shiftCommand({ ...of, currency }, short), concerned: accountsOf([of.from, of.to]) }
}

/** Credits from nowhere, through a virtual lab to its project. */
export async function grant({ counter, currency }: JobParts, vlab: string, project: string, nanos: bigint) {
  for (const owner of [vlab, project]) await counter.credits.open(owner, currency)
  const rule = grantThroughRule({ through: vlab, owner: project, currency, nanos, origin: 'top-up' })
  return { rule, concerned: accountsOf([vlab, project]) }
}

/** Gives back what is left in these accounts, all at once; the answer says how much that was. */
export const deplete = ({ currency }: JobParts, owners: readonly string[]): Checked => ({
  rule: withdrawCommand(owners, currency, (total) => ({ total_amount: text2(total) })),
  concerned: [],
})

const accountsOf = (ids: readonly string[]): Concerned[] => ids.map((id) => ({ id, missing: 'Account not found' }))
