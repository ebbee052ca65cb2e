import type { RecordedPage } from '../metering/commands.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import type { Charge, State } from './charge.ts'
import type { FactOutcome } from './page.ts'
import type { UnknownFact } from './quarantine-commands.ts'

/** What became of each fact of a page that said something new. */
export function outcomesOf(
  { first, newer }: RecordedPage,
  charges: readonly Charge[],
  reasons: readonly State[],
): FactOutcome[] {
  const charged = sumsOf(charges.filter(({ kind }) => kind === 'charge'))
  const reversed = sumsOf(charges.filter(({ kind }) => kind === 'reversal'))
  const states = new Map(reasons.map((state) => [state.record, state]))
  const told = (
    outcome: 'recorded' | 'corrected',
    { id, fact }: RecordedPage['first'][number],
    previous?: bigint,
  ): FactOutcome => {
    const sums = charged.get(id)
    const back = previous === undefined ? undefined : reversed.get(previous)
    const state = states.get(id)
    return {
      source: fact.source,
      externalId: fact.externalId,
      outcome,
      record: String(id),
      state: sums ? 'charged' : (state?.state ?? 'charged'),
      ...(!sums && state && { reason: state.reason }),
      charged: textsOf(sums),
      ...(back && { net: textsOf(together([sums, back])) }),
    }
  }
  return [
    ...first.map((record) => told('recorded', record)),
    ...newer.map(({ record, previous }) => told('corrected', record, BigInt(previous.id))),
  ]
}

type Sums = ReadonlyMap<string, bigint>

function sumsOf(charges: readonly Charge[]): Map<bigint, Map<string, bigint>> {
  const found = new Map<bigint, Map<string, bigint>>()
  for (const { record, currency, nanos } of charges) {
    const sums = found.get(record) ?? new Map<string, bigint>()
    found.set(record, sums.set(currency, (sums.get(currency) ?? 0n) + nanos))
  }
  return found
}

const together = (all: readonly (Sums | undefined)[]): Sums => {
  const sums = new Map<string, bigint>()
  for (const one of all)
    for (const [currency, nanos] of one ?? []) sums.set(currency, (sums.get(currency) ?? 0n) + nanos)
  return sums
}

const textsOf = (sums: Sums | undefined): Record<string, string> =>
  Object.fromEntries([...(sums ?? [])].map(([currency, nanos]) => [currency, nanosText(nanos)]))

/** What some outcomes come to together, by currency. */
export function amountsOf(outcomes: readonly Pick<FactOutcome, 'charged' | 'net'>[]): Record<string, string> {
  const all = outcomes.map(
    ({ charged, net }) =>
      new Map(Object.entries(net ?? charged ?? {}).map(([currency, text]) => [currency, nanosFrom(text)])),
  )
  return textsOf(together(all))
}

/** And of those that name somebody unknown. */
export const outcomesOfUnknown = (unknown: readonly UnknownFact[]): FactOutcome[] =>
  unknown.map(({ fact: { source, externalId }, reason }) => ({ source, externalId, outcome: 'quarantined', reason }))
