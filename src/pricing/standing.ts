import type { PriceVersion } from './definition.ts'

/** Where a version stands at a moment; a replaced one never held. */
export type Standing = {
  readonly version: PriceVersion
  readonly until: number | undefined
  readonly state: 'past' | 'now' | 'later' | 'replaced'
}

const keyOf = ({ kind, service, subtype, component, scopeKind, scope }: PriceVersion) =>
  [kind, service, subtype, component, scopeKind, scope].join('\n')

/** All versions in the order of their keys, each with the moment at which the next of its key begins. */
export function standing(versions: readonly PriceVersion[], at: number): Standing[] {
  return [...Map.groupBy(versions, keyOf).values()].flatMap((same) => {
    const sorted = [...same].sort((a, b) => a.validFrom - b.validFrom || a.revision - b.revision)
    return sorted.map((version, index): Standing => {
      const until = sorted.find((next) => next.validFrom > version.validFrom)?.validFrom
      if (sorted[index + 1]?.validFrom === version.validFrom) return { version, until, state: 'replaced' }
      const state = version.validFrom > at ? 'later' : until !== undefined && until <= at ? 'past' : 'now'
      return { version, until, state }
    })
  })
}
