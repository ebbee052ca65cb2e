import { localText, periodBounds, periodOf } from '../values/period.ts'
import { isPeriodBased, type PriceDefinition, type PriceVersion } from './definition.ts'
import type { Entry, FileMistake } from './price-file.ts'

export type NewVersion = Omit<PriceVersion, 'id' | 'book'>

/** One version that a file adds to the book. */
export type Change = {
  readonly what: 'add' | 'replace' | 'end'
  readonly version: NewVersion
  /** What held at that moment until now. */
  readonly before: PriceVersion | undefined
  readonly note: string | undefined
}

/** A file's entry whose scope is known: '' or a tier, or the UUID of a party. */
export type Wanted = Entry & { readonly scopeId: string }

type Key = Pick<NewVersion, 'kind' | 'service' | 'subtype' | 'component' | 'scopeKind' | 'scope'>
/** What will hold from a moment on; `entry` is there when the file says so. */
type Step = {
  readonly from: number
  readonly definition: object | null
  readonly existing: PriceVersion | undefined
  readonly entry: Wanted | undefined
}

const keyOf = ({ kind, service, subtype, component, scopeKind, scope }: Key) =>
  [kind, service, subtype, component, scopeKind, scope].join('\n')
const keyOfWanted = (wanted: Wanted) => keyOf({ ...wanted, scope: wanted.scopeId })
const bytesOf = (definition: object | null): string => JSON.stringify(definition)

/** Compares a file with the book: what must be added so that the book says what the file says, or why it cannot. */
class Planner {
  readonly changes: Change[] = []
  readonly mistakes: FileMistake[] = []
  readonly #used: ReadonlySet<bigint>
  readonly #zone: string

  constructor(used: ReadonlySet<bigint>, zone: string) {
    this.#used = used
    this.#zone = zone
  }

  planKey(wanted: readonly Wanted[], existing: readonly PriceVersion[]): void {
    const steps = this.#steps(wanted, existing)
    for (const entry of wanted) this.#checkEnd(entry, steps)
    const sorted = [...steps.values()].sort((a, b) => a.from - b.from)
    for (const [index, step] of sorted.entries()) this.#planStep(step, sorted[index - 1])
  }

  #say({ line, column }: Entry, message: string): void {
    this.mistakes.push({ line, column, message })
  }

  #text(ms: number): string {
    return localText(ms, this.#zone)
  }

  #steps(wanted: readonly Wanted[], existing: readonly PriceVersion[]): Map<number, Step> {
    const steps = new Map<number, Step>()
    for (const version of existing) {
      const known = steps.get(version.validFrom)?.existing
      if (known && known.revision > version.revision) continue
      const { validFrom: from, definition } = version
      steps.set(from, { from, definition, existing: version, entry: undefined })
    }
    for (const entry of wanted) {
      const step = steps.get(entry.from)
      if (step?.entry)
        this.#say(entry, `this begins at ${this.#text(entry.from)} twice, also in line ${step.entry.line}`)
      steps.set(entry.from, { from: entry.from, definition: entry.definition, existing: step?.existing, entry })
    }
    return steps
  }

  /** An end must meet the next beginning; where there is none, it is written down as an end. */
  #checkEnd(entry: Wanted, steps: Map<number, Step>): void {
    const { from, to } = entry
    if (to === undefined) return
    const later = [...steps.values()].filter((step) => step.from > from)
    const next = later.length === 0 ? undefined : Math.min(...later.map((step) => step.from))
    if (next === undefined)
      steps.set(to, { from: to, definition: null, existing: undefined, entry: { ...entry, from: to } })
    else if (next < to) {
      this.#say(
        entry,
        `this runs to ${this.#text(to)}, but the next version begins at ${this.#text(next)}: they overlap`,
      )
    } else if (next > to) {
      const remedy = 'end it there, or write an entry with ended: true'
      this.#say(entry, `from ${this.#text(to)} to ${this.#text(next)} nothing would hold: ${remedy}`)
    }
  }

  #planStep(step: Step, previous: Step | undefined): void {
    const { entry, existing, definition, from } = step
    if (!entry || (existing && bytesOf(existing.definition) === bytesOf(definition))) return
    if (definition === null && !existing && !previous?.definition) {
      if (!previous) this.#say(entry, `nothing of this holds before ${this.#text(from)} that could end there`)
      return
    }
    if (existing && this.#used.has(existing.id)) {
      const remedy = 'a used version never changes. Start a new version later'
      this.#say(entry, `version prc_${existing.id} from ${this.#text(from)} has already priced usage, and ${remedy}`)
      return
    }
    this.#checkPeriod(step, previous)
    const inside = previous?.existing && this.#used.has(previous.existing.id)
    this.changes.push({
      what: existing ? 'replace' : definition === null ? 'end' : 'add',
      version: {
        kind: entry.kind,
        service: entry.service,
        subtype: entry.subtype,
        component: entry.component,
        scopeKind: entry.scopeKind,
        scope: entry.scopeId,
        validFrom: from,
        definition,
        revision: (existing?.revision ?? 0) + 1,
      },
      before: existing ?? previous?.existing,
      note: inside ? 'begins inside a used version: what was rated by it stays so until it is rated again' : undefined,
    })
  }

  /** A price over a period counts whole periods, so it begins and ends with one. */
  #checkPeriod({ from, definition, entry, existing }: Step, previous: Step | undefined): void {
    const ofPeriod = (other: object | null | undefined) => !!other && isPeriodBased(other as PriceDefinition)
    if (!entry || entry.kind !== 'price') return
    if (ofPeriod(definition) && entry.scopeKind === 'person') {
      this.#say(entry, 'tiers over a period and included volumes are counted by project: a person cannot have them')
    }
    if (![definition, previous?.definition, existing?.definition].some(ofPeriod)) return
    const { from: start } = periodBounds(periodOf(from, this.#zone), this.#zone)
    if (start === from) return
    const where = previous && ofPeriod(previous.definition) ? 'the version before' : 'this'
    this.#say(
      entry,
      `${where} has tiers over a period or an included volume: a change can only be at the first of a month`,
    )
  }
}

export function planPrices(
  wanted: readonly Wanted[],
  versions: readonly PriceVersion[],
  used: ReadonlySet<bigint>,
  zone: string,
): { changes: readonly Change[]; mistakes: readonly FileMistake[] } {
  const planner = new Planner(used, zone)
  const existing = Map.groupBy(versions, keyOf)
  for (const [key, same] of Map.groupBy(wanted, keyOfWanted)) planner.planKey(same, existing.get(key) ?? [])
  return { changes: planner.changes, mistakes: planner.mistakes.sort((a, b) => a.line - b.line) }
}
