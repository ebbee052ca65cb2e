import type { RecordedPage } from '../metering/commands.ts'
import { nanosText } from '../values/money.ts'
import type { Charge, State } from './charge.ts'
import type { FactOutcome } from './page.ts'
import type { UnknownFact } from './quarantine-commands.ts'

/** What became of each fact of a page that said something new. */
export function outcomesOf(
  { first, newer }: RecordedPage,
  charges: readonly Charge[],
  reasons: readonly State[],
): FactOutcome[] {
  const charged = new Map<bigint, Map<string, bigint>>()
  for (const { record, kind, currency, nanos } of charges) {
    if (kind !== 'charge') continue
    const sums = charged.get(record) ?? new Map<string, bigint>()
    charged.set(record, sums.set(currency, (sums.get(currency) ?? 0n) + nanos))
  }
  const states = new Map(reasons.map((state) => [state.record, state]))
  const told = (outcome: 'recorded' | 'corrected', { id, fact }: RecordedPage['first'][number]): FactOutcome => {
    const sums = charged.get(id)
    const state = states.get(id)
    return {
      source: fact.source,
      externalId: fact.externalId,
      outcome,
      record: String(id),
      state: sums ? 'charged' : (state?.state ?? 'charged'),
      ...(!sums && state && { reason: state.reason }),
      charged: Object.fromEntries([...(sums ?? [])].map(([currency, nanos]) => [currency, nanosText(nanos)])),
    }
  }
  return [...first.map((record) => told('recorded', record)), ...newer.map(({ record }) => told('corrected', record))]
}

/** And of those that name somebody unknown. */
export const outcomesOfUnknown = (unknown: readonly UnknownFact[]): FactOutcome[] =>
  unknown.map(({ fact: { source, externalId }, reason }) => ({ source, externalId, outcome: 'quarantined', reason }))
