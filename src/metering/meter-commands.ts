import { type Answered, aloneStored, type Call } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { putMeter } from './listing/sql.ts'

export type MeterGiven = {
  readonly name: string
  readonly kind: string
  readonly unit: string
  readonly description: string
}

/** Declares a meter, or says of one that there is what it counts. */
export async function declareMeter(house: House, call: Call, meter: MeterGiven): Promise<Answered> {
  const answered = await aloneStored(house, call, async (writer) => {
    await putMeter(writer, meter)
    return meter
  })
  return answered as Answered
}
