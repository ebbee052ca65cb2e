import { mayTouch, type Principal, requireEverything } from '../../http/principal.ts'
import { Fault } from '../door/fault.ts'
import type { PriceParts } from './parts.ts'

/**
 * Whose prices somebody may set: those of its own virtual labs; those for everybody whoever may act for all.
 *
 * @throws Fault for a virtual lab that is not there, or not for this principal; Problem `not-allowed`
 */
export async function requireMayPrice({ accounts }: PriceParts, principal: Principal, vlab: string | null) {
  if (vlab === null) requireEverything(principal)
  else if (!mayTouch(principal, [vlab]) || !(await accounts.isVlab(vlab))) throw Fault.notFound('Virtual lab not found')
}
