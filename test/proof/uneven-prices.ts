/** What an organisation is, by which it has prices of its own. */
export const tiers = ['mu', 'other'] as const

/**
 * Tiers that fall, tiers that rise, an included volume, and a price that looks at no month; none of them comes out even. All of
 * them but the last are others for organisations of another tier.
 */
export const unevenPrices = `prices:
${line('falls', 'a', 'base: period, graduated: [{ upTo: 7, price: 1, per: 3 }, { upTo: null, price: 0.1, per: 7 }]')}
${line('rises', 'b', 'base: period, graduated: [{ upTo: 6, price: 0.5, per: 7 }, { upTo: null, price: 2, per: 3 }]')}
${line('given', 'c', 'base: period, included: 5, flat: { price: 1, per: 9 }')}
${line('flat', 'd', 'flat: { price: 1, per: 11 }')}
${line('falls', 'a', 'tier: other, base: period, graduated: [{ upTo: 9, price: 2, per: 7 }, { upTo: null, price: 0 }]')}
${line('rises', 'b', 'tier: other, base: period, included: 3, graduated: [{ upTo: 8, price: 1, per: 3 }, { upTo: null, price: 3, per: 7 }]')}
${line('given', 'c', 'tier: other, base: period, included: 11, flat: { price: 2, per: 13 }')}
`

function line(component: string, meter: string, how: string): string {
  return `  - { service: store, component: ${component}, from: 2020-01-01, currency: THB, quantity: ${meter}, ${how} }`
}
