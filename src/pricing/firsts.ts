import type { PriceDefinition, PriceVersion } from './definition.ts'
import { didYouMean } from './nearest.ts'
import type { Change } from './plan.ts'

type Said = Pick<PriceVersion, 'kind' | 'service' | 'scopeKind' | 'scope' | 'definition'>

/** What a house uses already: names that a new price is compared with. */
export type InUse = { readonly versions: readonly Said[]; readonly tiers: ReadonlySet<string> }

const currencyOf = ({ kind, definition }: Said): string[] =>
  kind === 'price' && definition ? [(definition as PriceDefinition).currency] : []
const serviceOf = ({ service }: Said): string[] => [service]
const tierOf = ({ scopeKind, scope }: Said): string[] => (scopeKind === 'tier' ? [scope] : [])

/**
 * What a change of the book names for the first time. It may be meant so, and it may be mistyped: then the price would
 * never hold for anybody, and nothing else would say so.
 */
export function firsts(changes: readonly Change[], { versions, tiers }: InUse): string[] {
  const added = changes.map(({ version }) => version)
  const named = (of: (version: Said) => string[]) => {
    // In an empty book the name that most entries say is what is usual.
    const known = new Set(versions.length > 0 ? versions.flatMap(of) : mostSaid(added.flatMap(of)))
    return { known, fresh: [...new Set(added.flatMap(of))].filter((name) => name !== '*' && !known.has(name)) }
  }
  const [services, currencies] = [named(serviceOf), named(currencyOf)]
  return [
    ...services.fresh.map((name) => `first price of service ${name}${didYouMean(name, services.known)}`),
    ...currencies.fresh.map((name) => `first price in ${name}${didYouMean(name, currencies.known)}`),
    ...[...new Set(added.flatMap(tierOf))]
      .filter((name) => !tiers.has(name))
      .map((name) => `tier ${name} is used by nobody yet${didYouMean(name, tiers)}`),
  ]
}

/** The word that is said most often, as a list of one; of several the first. */
function mostSaid(words: readonly string[]): string[] {
  const counts = Map.groupBy(words, (word) => word)
  const [first] = [...counts].sort(([, one], [, other]) => other.length - one.length)
  return first ? [first[0]] : []
}
