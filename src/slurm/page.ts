import type { BadRow, Fact } from '../metering/fact.ts'
import type { ToldFact } from '../metering/texts.ts'

export type Format = 'auto' | 'sacct' | 'json' | 'csv'

export type Settings = {
  readonly format: Format
  /** For dumps that do not say it themselves. */
  readonly cluster?: string | undefined
  /** The zone of times that are written without one. */
  readonly zone: string
  /** File name, or `-` for standard input. */
  readonly origin: string
  readonly measuredAt: number
  readonly pageSize?: number | undefined
}

/** What one stretch of the input became, beside its facts. The counts are of this page, not running totals. */
export type PageRest = {
  readonly bad: BadRow[]
  readonly lines: number
  readonly bytes: number
  /** Jobs seen, whether they became a fact, a bad row, or were left out because they wait. */
  readonly jobs: number
  /** Jobs that wait for their start: no usage yet, so no fact. */
  readonly pending: number
  /** Steps that did not stand behind their job; their used memory is unknown, nothing else is lost. */
  readonly strayed: number
  /** What a person should know and what stopped nothing, for example bytes that are no UTF-8. */
  readonly notes: string[]
}

export type Page = PageRest & {
  readonly facts: Fact[]
  /** Gives back what the facts are read from, where they come in packs: they end with it. */
  readonly release?: () => void
}

/** Where facts are put as they are read. */
export type Facts = { readonly length: number; push(fact: ToldFact): void }

/** Gathers facts and bad rows until a page is full. */
export class Tray {
  bad: BadRow[] = []
  notes: string[] = []
  jobs = 0
  pending = 0
  strayed = 0
  lines = 0
  bytes = 0
  readonly settings: Settings
  readonly size: number
  /** What it takes to read a row of this input alone, some other day. */
  reread: Readonly<Record<string, string>> = {}
  readonly #facts: Facts
  #notesSeen = 0

  constructor(settings: Settings, facts: Facts) {
    this.settings = settings
    this.size = settings.pageSize ?? 5000
    this.#facts = facts
  }

  get isFull(): boolean {
    return this.#facts.length >= this.size || this.bad.length >= this.size
  }

  add(fact: ToldFact): void {
    this.#facts.push(fact)
  }

  refuse(line: number, reason: string, raw: string, cluster?: string): void {
    const { origin, measuredAt } = this.settings
    const source = `slurm:${cluster || this.settings.cluster || 'unknown'}`
    // PostgreSQL keeps no NUL in text.
    const kept = raw.slice(0, rawMax).replaceAll('\0', '\uFFFD')
    const settings = raw.length > rawMax ? { ...this.reread, cut: String(raw.length) } : this.reread
    this.bad.push({ source, origin, line, reason, raw: kept, settings, measuredAt })
  }

  /** Of a row that nobody can hold only the beginning is kept, and it is never read as if it were the whole. */
  refuseLong(line: number, head: string, length: number): void {
    const reason = `the line has ${length} bytes, which no row of a dump has; its beginning is kept`
    this.#refuseCut(line, reason, head, { cut: String(length) })
  }

  /** Of a row that may go on the end is not known: what it says so far is never read as if it were all. */
  refuseUnended(line: number, raw: string): void {
    this.note(
      'the last line has no end, so it waits and charges nobody: repeat with the whole dump; if this is all of it, end it with a newline',
    )
    this.#refuseCut(line, unended, raw, { unended: 'yes' })
  }

  #refuseCut(line: number, reason: string, raw: string, how: Readonly<Record<string, string>>): void {
    const reread = this.reread
    this.reread = { ...reread, ...how }
    this.refuse(line, reason, raw)
    this.reread = reread
  }

  /** Notes repeat themselves in a bad file; a hundred of them say enough. */
  note(text: string): void {
    this.#notesSeen += 1
    if (this.#notesSeen <= notesMax) this.notes.push(text)
    if (this.#notesSeen === notesMax) this.notes.push('further notes are left out')
  }

  /** The controller lost such a job, and Slurm counts for it until somebody ends it: nobody can say what it used. */
  noteRunaway(id: string): void {
    this.note(`job ${id} waits although it has a start: it may have run away, see sacctmgr show runawayjobs`)
  }

  /** All but the facts, which are taken from where they were put. */
  take(): PageRest {
    const { bad, notes, jobs, pending, strayed, lines, bytes } = this
    this.bad = []
    this.notes = []
    this.jobs = this.pending = this.strayed = this.lines = this.bytes = 0
    return { bad, lines, bytes, jobs, pending, strayed, notes }
  }
}

/** Slurm ends every line. */
export const unended = 'the last line of the dump has no end, so it may be cut off: repeat with the whole dump'

/** A quarantined row keeps this many characters; a row that is longer is damaged anyway. */
const rawMax = 1 << 20
const notesMax = 100

/** Settings as a quarantined row keeps them, with what the reader of its format adds. */
export const rereadOf = (
  { format, cluster, zone }: Settings,
  more: Record<string, string>,
): Record<string, string> => ({
  format,
  ...(cluster === undefined ? {} : { cluster }),
  zone,
  ...more,
})
