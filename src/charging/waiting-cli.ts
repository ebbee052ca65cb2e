import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { nanosText } from '../values/money.ts'
import { newMemory } from './memory-commands.ts'
import { chargeWhatWaits } from './waiting-commands.ts'

/** After a change of prices: says what could be charged by it, and answers that for `--json`. */
export async function chargeNow(house: House, door: Door<House>): Promise<Record<string, unknown>> {
  const { charged, amounts } = await chargeWhatWaits(house, door.principal, newMemory(house.zone))
  const texts = [...amounts].map(([currency, nanos]) => amountText(nanosText(nanos), currency))
  if (charged > 0) {
    const records = charged === 1 ? 'record' : 'records'
    door.say(
      `${grouped(charged)} ${records} that waited for a price: charged now, ${texts.join(', ') || 'nothing due'}.`,
    )
  }
  const amount = Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
  return { charged, amount }
}
