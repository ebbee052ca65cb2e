import { Credits } from '../src/credits/commands.ts'
import { scoped, setPrices } from '../src/pricing/commands.ts'
import { readPriceFile } from '../src/pricing/price-file.ts'
import { openHouse } from '../src/app.ts'
import { readSettings } from '../src/settings.ts'
import { bringParties, fund } from './books.ts'

const price = (component: string, meter: string, amount: number) =>
  `  - { service: llm, component: ${component}, from: 2020-01-01, currency: CREDIT, quantity: ${meter}, flat: { price: ${amount}, per: 1000000 } }\n`

/** A project with a million credits, and prices for tokens. */
export async function furnish(directory: string): Promise<void> {
  const house = await openHouse(readSettings({}, { BURSAR_DATA: directory }), 'command')
  try {
    const { projects } = await bringParties(house, 1)
    const credits = new Credits(house)
    await fund(credits, projects)
    await credits.lane.close()
    const text = `prices:\n${price('input', 'input_tokens', 3)}${price('output', 'output_tokens', 15)}`
    const { entries, mistakes } = readPriceFile(text, 'UTC', { names: new Set(), has: () => true })
    if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes))
    await setPrices(house, { principal: 'bench' }, scoped(entries, () => undefined).wanted)
  } finally {
    await house.database.close()
  }
}

/** A request to hold what a call to a language model is estimated to cost. */
export const holdBody = JSON.stringify({
  project: 'project-0',
  provider: 'site',
  service: 'llm',
  estimate: { input_tokens: '1200', output_tokens: '400' },
  minutes: 10,
})

export const settleBody = JSON.stringify({ usage: { input_tokens: '1200', output_tokens: '250' } })
