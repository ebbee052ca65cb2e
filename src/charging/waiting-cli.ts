import type { House } from '../operations/house.ts'
import type { Door } from '../terminal/door.ts'
import { amountText, grouped } from '../terminal/number.ts'
import { nanosText } from '../values/money.ts'
import { newMemory } from './memory-commands.ts'
import { chargeWhatWaits } from './waiting-commands.ts'

/** After a change of prices: says what waits no longer, and what came of it; answers that for `--json`. */
export async function chargeNow(house: House, door: Door<House>): Promise<Record<string, unknown>> {
  const { charged, free, amounts } = await chargeWhatWaits(house, door.principal, newMemory(house.zone))
  const texts = [...amounts].map(([currency, nanos]) => amountText(nanosText(nanos), currency))
  const all = charged + free
  if (all > 0) {
    const due = charged === 0 ? '' : ` (${texts.join(', ') || 'nothing due'})`
    const records = `${grouped(all)} ${all === 1 ? 'record no longer waits' : 'records no longer wait'}`
    door.say(`${records} for a price: ${grouped(charged)} charged${due}, ${grouped(free)} free.`)
  }
  const amount = Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, nanosText(nanos)]))
  return { charged, free, amount }
}
