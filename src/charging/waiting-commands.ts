import type { House } from '../operations/house.ts'
import type { Memory } from './memory-commands.ts'
import { chargeWaiting } from './rerate-commands.ts'
import { writeTrueUps } from './true-up-commands.ts'

export type ChargedNow = { readonly charged: number; readonly amounts: ReadonlyMap<string, bigint> }

/** Charges the records that waited for a price and have one now, and trues their periods up. */
export async function chargeWhatWaits(house: House, principal: string, memory: Memory): Promise<ChargedNow> {
  const { changed, amounts: charges } = await chargeWaiting(house, principal, memory)
  if (changed === 0) return { charged: 0, amounts: new Map() }
  const amounts = new Map(charges)
  for (const [currency, nanos] of (await writeTrueUps(house, principal, memory)).amounts) {
    amounts.set(currency, (amounts.get(currency) ?? 0n) + nanos)
  }
  return { charged: changed, amounts }
}
