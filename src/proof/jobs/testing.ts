import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { addDiscount, addPrice, endPrice, putSubtype } from '../../jobs/price/change-commands.ts'
import { JobPrices } from '../../jobs/price/prices-commands.ts'
import type { House } from '../../operations/house.ts'

const vlab = '11111111-1111-4111-8111-111111111111'
const year = 31_557_600_000_000n
const call = (command: string) => ({ principal: 'tester', key: randomUUID(), command, input: null })

/** Prices, discounts and their ends, several of each. */
export async function priceJobs(house: House): Promise<void> {
  const prices = new JobPrices(house)
  const changing = { house, prices }
  const cost = { digits: 15n, places: 1 }
  const tiers = [
    { min_quantity: 0n, max_quantity: 10n, fixed_cost: cost, multiplier: cost },
    { min_quantity: 10n, max_quantity: null, fixed_cost: cost, multiplier: cost },
  ]
  await putSubtype(changing, call('jobs.subtype'), { name: 'made-here', legacy: false })
  for (const vlab_id of [null, vlab, vlab, null]) {
    const given = { service_type: 'oneshot', service_subtype: 'made-here', vlab_id, tiers } as const
    const span = { valid_from: 40n * year + 123_450n, valid_to: vlab_id === null ? null : 90n * year }
    await addPrice(changing, call('jobs.price'), { ...given, ...span })
    const share = { digits: 2n, places: 1 }
    await addDiscount(changing, call('jobs.discount'), { vlab_id: vlab, discount: share, ...span })
  }
  const found = (await prices.book()).priceFor('oneshot', 'made-here', vlab, Date.now())
  assert(found)
  for (const years of [80n, 81n, 82n, 83n]) {
    await endPrice(changing, call('jobs.price.end'), found.id, year * years)
  }
}
