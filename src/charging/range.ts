import { periodBounds, periodOf } from '../values/period.ts'

/** A period at an edge of a range, and the moment in it at which the range cuts it; null where it begins there. */
type Edge = { readonly period: string; readonly cutAt: Date | null }

/**
 * How a range lies to the months. A month that is wholly inside is taken whole, by the period of its charges, as the
 * ledger has it. Of one that an edge cuts, usage counts by its end: no charge says more of its time than its month.
 */
export type MonthRange = {
  /** No month before it is in the range; null without a beginning. */
  readonly first: Edge | null
  /** It is not wholly in the range, and none after it; null without an end. */
  readonly last: Edge | null
}

export const monthRange = (from: Date | null, to: Date | null, zone: string): MonthRange => ({
  first: from && edgeAt(from, zone),
  last: to && edgeAt(to, zone),
})

function edgeAt(at: Date, zone: string): Edge {
  const period = periodOf(at.getTime(), zone)
  return { period, cutAt: periodBounds(period, zone).from === at.getTime() ? null : at }
}

/** How much of a month is in a range. */
export function partOf(period: string, { first, last }: MonthRange): 'whole' | 'cut' | 'none' {
  if (first && period < first.period) return 'none'
  if (last && period > last.period) return 'none'
  if (last && period === last.period) return last.cutAt ? 'cut' : 'none'
  return first && period === first.period && first.cutAt ? 'cut' : 'whole'
}
