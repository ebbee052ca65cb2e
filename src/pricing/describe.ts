import { idOf } from '../values/id.ts'
import type { DiscountDefinition, PolicyDefinition, PriceDefinition, PriceVersion, Tier } from './definition.ts'

/** A tier by its name, a party by its id; nothing for everybody. */
export const scopeText = ({ scopeKind, scope }: Pick<PriceVersion, 'scopeKind' | 'scope'>): string =>
  scopeKind === 'default' || scopeKind === 'tier' ? scope : idOf(scopeKind, scope)

const per = (price: string, currency: string, units: string | undefined, unit: string) =>
  `${price} ${currency} per ${units === undefined || units === '1' ? unit : `${units} ${unit}`}`

function modelTitle(price: PriceDefinition): string {
  const { currency, unit = 'unit' } = price
  if (price.flat) return per(price.flat.price, currency, price.flat.per, unit)
  if (price.package) return `${price.package.price} ${currency} for each ${price.package.size} ${unit} begun`
  const tiers = price.graduated ?? price.volume ?? []
  const first = tiers[0] as Tier
  const over = price.base === 'period' || price.included !== undefined ? 'a period' : 'a record'
  const kind = price.graduated ? 'graduated' : 'volume'
  return `${tiers.length} ${kind} tiers over ${over}, the first ${per(first.price, currency, first.per, unit)}`
}

/** What a version says, in one line. */
export function definitionTitle({ kind, definition }: Pick<PriceVersion, 'kind' | 'definition'>): string {
  if (!definition) return 'nothing (ended)'
  if (kind === 'discount') return `${(definition as DiscountDefinition).percent} % less`
  if (kind === 'policy') {
    const { endStates = {}, otherwise = 'charge', crossing = 'end' } = definition as PolicyDefinition
    const free = Object.keys(endStates).filter((state) => endStates[state] === 'free')
    return `free: ${free.join(', ') || 'the defaults'}; otherwise ${otherwise}; crossing: ${crossing}`
  }
  const price = definition as PriceDefinition
  const more = [
    ...(price.fixed === undefined ? [] : [`${price.fixed} ${price.currency} for each record`]),
    ...(price.included === undefined ? [] : [`${price.included} a period included`]),
  ]
  return [modelTitle(price), ...more, `of ${price.quantity}`].join(', ')
}

/** In full, as a price file would write it. */
export function definitionText({ definition }: Pick<PriceVersion, 'definition'>): string {
  if (!definition) return 'ended: true'
  return Object.entries(definition)
    .map(([field, value]) => lines(field, value))
    .join('\n')
}

function lines(field: string, value: unknown): string {
  if (Array.isArray(value)) return `${field}:\n${value.map((item: object) => `  - ${flow(item)}`).join('\n')}`
  return `${field}: ${typeof value === 'string' ? value : flow(value as object)}`
}

const flow = (value: object) =>
  `{ ${Object.entries(value)
    .map(([field, inner]) => `${field}: ${String(inner)}`)
    .join(', ')} }`
