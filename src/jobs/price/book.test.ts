import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { nanosText } from '../../values/money.ts'
import { JobPriceBook, type StoredPrice } from './book.ts'
import { type ServiceType, totalCost } from './cost.ts'

const [mine, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
/** What a unit costs is the id, so that the cost says which price it was. */
const row = (
  id: bigint,
  from: number,
  to: number | null,
  { vlab = null, type = 'oneshot', subtype = 'ml-llm' }: Partial<Pick<StoredPrice, 'vlab' | 'type' | 'subtype'>> = {},
): StoredPrice => ({
  id,
  type,
  subtype,
  vlab,
  from: BigInt(from) * 1000n,
  to: to === null ? null : BigInt(to) * 1000n,
  tiers: JSON.stringify([{ id: '1', min: '0', max: null, fixed: '0', multiplier: String(id) }]),
})

const cases: readonly (readonly [
  what: string,
  prices: readonly StoredPrice[],
  at: number,
  chosen: bigint | undefined,
])[] = [
  ['none', [], 5, undefined],
  ['one that is for all', [row(1n, 0, null)], 5, 1n],
  ['its own before one for all, however new', [row(1n, 0, null, { vlab: mine }), row(2n, 4, null)], 5, 1n],
  ['one for all, while its own has not begun', [row(1n, 6, null, { vlab: mine }), row(2n, 0, null)], 5, 2n],
  ['one for all, after its own has ended', [row(1n, 0, 5, { vlab: mine }), row(2n, 0, null)], 5, 2n],
  ['none of another', [row(1n, 0, null, { vlab: other })], 5, undefined],
  ['the one that began last', [row(2n, 1, null), row(1n, 3, null)], 5, 1n],
  ['of two that began together, the greatest id', [row(7n, 1, null), row(9n, 1, null), row(8n, 1, null)], 5, 9n],
  ['the one beneath, when what lay over it has ended', [row(1n, 0, null), row(2n, 3, 5)], 5, 1n],
  ['what begins at that moment', [row(1n, 0, null), row(2n, 5, null)], 5, 2n],
  ['not what ends at that moment', [row(1n, 0, 5)], 5, undefined],
  ['not what will be', [row(1n, 6, null)], 5, undefined],
  ['not what ended before it began', [row(1n, 0, null), row(2n, 5, 5)], 5, 1n],
  ['not another type', [row(1n, 0, null, { type: 'longrun' })], 5, undefined],
  ['not another subtype', [row(1n, 0, null, { subtype: 'notebook' })], 5, undefined],
]

for (const [what, prices, at, chosen] of cases) {
  test(`of the prices for a job there holds ${what}`, () => {
    for (const order of [prices, [...prices].reverse()]) {
      const book = new JobPriceBook({ prices: order, discounts: [], subtypes: [] })
      assert.equal(book.priceFor('oneshot', 'ml-llm', mine, at)?.id, chosen)
    }
  })
}

test('a job keeps the price and the discount that it was reserved with, whatever holds now', () => {
  const discounts = [
    { id: 3n, vlab: mine, discount: '0.5', from: 0n, to: 5000n },
    { id: 4n, vlab: mine, discount: '0.25', from: 5000n, to: null },
  ]
  const book = new JobPriceBook({ prices: [row(1n, 0, 2)], discounts, subtypes: [] })
  assert.equal(book.discountOf(mine, 4)?.id, 3n)
  assert.equal(book.discountOf(mine, 5)?.id, 4n)
  assert.equal(book.discountOf(other, 5), undefined)
  const price = book.price(1n)
  assert(price)
  assert.equal(nanosText(totalCost(price, book.discount(3n), 3n)), '1.5')
})

test('each type has prices of its own', () => {
  const types: readonly ServiceType[] = ['oneshot', 'longrun', 'storage']
  const prices = types.map((type, place) => row(BigInt(place), 0, null, { type }))
  const book = new JobPriceBook({ prices, discounts: [], subtypes: [] })
  for (const [place, type] of types.entries()) assert.equal(book.priceFor(type, 'ml-llm', mine, 1)?.id, BigInt(place))
})
