import type { Static } from 'typebox'
import type { BadRow, Fact } from '../metering/fact.ts'
import { isMeter } from '../metering/meter.ts'
import { decimalText, parseDecimal } from '../values/decimal.ts'
import type { UsageInput } from './usage-contract.ts'

export type UsageGiven = Static<typeof UsageInput>

/** One usage as it came: read, or with the reason why it cannot be. */
export type Given = {
  /** As it came. */
  readonly raw: unknown
  readonly id: string
  readonly source: string
  readonly usage: UsageGiven | undefined
  readonly reason: string | undefined
  /** Where it stands in the request: `body.records.3`. */
  readonly field: string
}

/** The same, as far as it could be read. */
export type Read = {
  readonly from: Given
  readonly fact: Fact | undefined
  readonly reason: string | undefined
  /** Whom it names, as its source calls them, where it has the right form. */
  readonly names: { readonly project: string; readonly provider: string } | undefined
}

/** The doors that usage comes through one by one; a quarantined row of theirs is read again by what `usageReader` is. */
export const usageDoor = 'usage'

/** What stands before a source's own name, so that nobody can write as another door. */
export const sourceOf = (source: string | undefined): string => `api:${source ?? 'api'}`

const day = 86_400_000
/** Periods are made as usage needs them: none for a year that somebody mistyped. */
const earliest = Date.UTC(2000, 0, 1)

/** Why a usage that has the right form cannot be: the field, and what is wrong with it. */
export function usageFault(
  given: UsageGiven,
  meters: ReadonlySet<string>,
  now: number,
): [field: string, message: string] | undefined {
  const [startsAt, endsAt] = [Date.parse(given.startsAt), Date.parse(given.endsAt)]
  for (const field of ['startsAt', 'endsAt', 'measuredAt'] as const) {
    if (given[field] !== undefined && Number.isNaN(Date.parse(given[field]))) return [field, 'is no time that there is']
  }
  if (startsAt < earliest) return ['startsAt', 'is before the year 2000']
  if (endsAt < startsAt) return ['endsAt', 'is before startsAt']
  if (endsAt > now + day) return ['endsAt', 'is in the future: send usage once it was used']
  if (given.measuredAt !== undefined && Date.parse(given.measuredAt) > now + day) {
    return ['measuredAt', 'is in the future: until then no correction would count']
  }
  const unknown = Object.keys(given.quantities).find((name) => !isMeter(name, meters))
  if (unknown === undefined) return undefined
  return [
    `quantities.${unknown}`,
    'is no meter that there is: declare it with PUT /api/v1/meters, or see GET /api/v1/meters',
  ]
}

const sorted = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)))

/** `7200.0` is no other quantity than `7200`, so what is told again in other digits corrects nothing. */
const plainly = (quantities: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(quantities).map(([meter, text]) => [meter, decimalText(parseDecimal(text, 9) as bigint, 9)]),
  )

/** Who earns; the source itself where nobody is named. */
export const providerNameOf = ({ provider }: UsageGiven, source: string): string =>
  provider ?? source.slice(source.indexOf(':') + 1)

export function factOf(given: UsageGiven, source: string, raw: string, now: number): Fact {
  const { id, project, person, service, subtype, measuredAt, final, quantities, dimensions } = given
  return {
    source,
    externalId: id,
    service,
    subtype: subtype ?? '',
    projectName: project,
    personName: person ?? null,
    providerName: providerNameOf(given, source),
    startsAt: Date.parse(given.startsAt),
    endsAt: Date.parse(given.endsAt),
    measuredAt: measuredAt === undefined ? now : Date.parse(measuredAt),
    final: final ?? true,
    quantities: sorted(plainly(quantities)),
    dimensions: sorted(dimensions ?? {}),
    raw,
  }
}

/** PostgreSQL keeps no NUL in text; JSON writes it as an escape, so the raw text never holds one. */
export const badUsage = (raw: unknown, source: string, reason: string, line: number, now: number): BadRow => ({
  source,
  origin: idIn(raw) ?? '-',
  line,
  reason,
  raw: JSON.stringify(raw),
  settings: {},
  measuredAt: now,
})

function idIn(raw: unknown): string | undefined {
  const { id } = (typeof raw === 'object' && raw !== null ? raw : {}) as { id?: unknown }
  return typeof id === 'string' ? id.slice(0, 200) : undefined
}
