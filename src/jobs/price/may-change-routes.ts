import { mayTouch, type Principal, requireEverything } from '../../http/principal.ts'
import { Fault } from '../door/fault.ts'
import type { PriceParts } from './parts.ts'

/**
 * Whose prices somebody may set: those of its own virtual labs; those for everybody whoever may act for all.
 * Answers the fault of a virtual lab that is not there, or not for this principal: what was added under the same key
 * before is answered as it was then, whatever became of the virtual lab.
 *
 * @throws Problem `not-allowed`
 */
export async function faultOfPricing(
  { accounts }: PriceParts,
  principal: Principal,
  vlab: string | null,
): Promise<Fault | undefined> {
  if (vlab === null) requireEverything(principal)
  else if (!mayTouch(principal, [vlab]) || !(await accounts.isVlab(vlab)))
    return Fault.notFound('Virtual lab not found')
  return undefined
}
