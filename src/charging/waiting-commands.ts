import type { House } from '../operations/house.ts'
import type { Memory } from './memory-commands.ts'
import { chargeWaiting } from './rerate-commands.ts'
import { writeTrueUps } from './true-up-commands.ts'

/** Records that no longer wait: those charged, at a price of zero too, and those that cost nothing by policy. */
export type ChargedNow = {
  readonly charged: number
  readonly free: number
  readonly amounts: ReadonlyMap<string, bigint>
}

/** Charges the records that waited for a price and have one now, and trues their periods up. */
export async function chargeWhatWaits(house: House, principal: string, memory: Memory): Promise<ChargedNow> {
  const { changed, free, amounts: charges } = await chargeWaiting(house, principal, memory)
  const charged = changed - free
  if (charged === 0) return { charged, free, amounts: new Map() }
  const amounts = new Map(charges)
  for (const [currency, nanos] of (await writeTrueUps(house, principal, memory)).amounts) {
    amounts.set(currency, (amounts.get(currency) ?? 0n) + nanos)
  }
  return { charged, free, amounts }
}
