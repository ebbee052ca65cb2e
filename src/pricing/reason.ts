import type { Pricing, Resolved } from './book.ts'
import type { Usage } from './line.ts'
import type { NotCharged } from './policy.ts'

/** What no formula may decide silently: a quantity below zero, or a meter that must be there and is not. */
export function refusal(pricing: Pricing, parts: bigint, usage: Usage): NotCharged | undefined {
  const { component, definition, meters, uses } = pricing
  if (parts < 0n) {
    return { outcome: 'unpriced', reason: `${component}: its quantity ${definition.quantity} is below zero`, uses }
  }
  const missing = definition.absent === 'unpriced' && meters.find((meter) => usage.quantities[meter] === undefined)
  if (!missing) return undefined
  return { outcome: 'unpriced', reason: `${component}: the record has no ${missing}, which its price needs`, uses }
}

/** A fixed part belongs to every record that has one of the component's meters, unless nothing was used at all. */
export function owesFixed({ program, meters }: Pricing, { quantities }: Usage): boolean {
  if (program.fixed === 0n || !usesAnything(quantities)) return false
  return meters.length === 0 || meters.some((meter) => quantities[meter] !== undefined)
}

/** Where nothing was used at all nothing is owed, even where a formula makes something of nothing. */
export function owesNothing(pricing: Pricing, parts: bigint, usage: Usage): boolean {
  return parts === 0n ? !owesFixed(pricing, usage) : !usesAnything(usage.quantities)
}

const usesAnything = (quantities: Usage['quantities']) => Object.values(quantities).some((text) => /[1-9]/.test(text))

/** The same words for all records that lack the same price, so that a statement counts them in one line. */
export function noPrice({ who, components }: Resolved): NotCharged {
  const of = `${who.service}${who.subtype === '' ? '' : ` ${who.subtype}`}`
  const when = components.length > 0 ? ' for the time at which it was used' : ''
  const reason = `no price for ${of} in tier ${who.tier}${when}: set one with bursar prices set`
  return { outcome: 'unpriced', reason, uses: [] }
}

export function nothingCharged({ meters }: Resolved, { quantities }: Usage): NotCharged {
  const used = Object.keys(quantities).filter((meter) => /[1-9]/.test(quantities[meter] ?? ''))
  if (used.length === 0) return { outcome: 'free', reason: 'nothing to charge: all quantities are zero', uses: [] }
  if (meters.some(({ name }) => quantities[name] !== undefined)) {
    return { outcome: 'free', reason: 'nothing to charge: all quantities that have a price are zero', uses: [] }
  }
  return { outcome: 'unpriced', reason: `no price names any of its meters: ${used.join(', ')}`, uses: [] }
}
