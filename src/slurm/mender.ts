import type { Clock } from './clock.ts'
import type { Layout } from './layout.ts'
import { align, beginsWell } from './mend.ts'
import { splitQuoted } from './quoted.ts'

type Line = {
  readonly raw: string
  readonly line: number
  /** Its values, where it is a row by itself. */
  readonly alone: readonly string[] | undefined
}
type Told = { readonly raw: string; readonly line: number }
type Lost = Told & { readonly reason: string }
type Row = Told & { readonly values: readonly string[] }
export type Mended = Row | Lost

const linesMax = 64
const charactersMax = 1 << 20
/** So many whole rows behind a broken one, and they are believed. */
const heldMax = 8

/**
 * Puts rows together again that users broke with newlines and delimiters in their names. Lines are gathered until
 * they make one row. A line that is a whole row is held back for a while: it is the next row, if more of them follow,
 * so nothing after a damaged row is lost; but it may also be part of a name, written to charge somebody else, and
 * then the rest of the broken row comes behind it and everything goes to quarantine together.
 *
 * The row before a broken one is held back too, where names may stand in rows: what looks whole may end in the middle of
 * a name, and the broken line be its true rest. When they make one row together that says something else, nobody can tell.
 */
export class Mender {
  readonly #layout: Layout
  readonly #clock: Clock
  #before: Row | undefined
  #lines: Line[] = []
  #length = 0
  #held = 0

  constructor(layout: Layout, clock: Clock) {
    this.#layout = layout
    this.#clock = clock
  }

  get isOpen(): boolean {
    return this.#lines.length > 0
  }

  /** The values of a row that has as many as the header. */
  whole(raw: string): string[] | undefined {
    const parts = this.#parts(raw)
    // Right in number: if a value makes no sense, the reader of rows says which.
    return parts?.length === this.#layout.names.length ? parts : undefined
  }

  offer(raw: string, line: number): Mended[] {
    const row = this.#asOne([{ raw, line }])
    const alone = row === 'several' ? undefined : row?.values
    const settled: Mended[] = alone ? this.#together() : []
    // One that is right in number and makes no sense may be the rest of the row before it.
    const values = this.isOpen ? undefined : (alone ?? (this.#before ? undefined : this.whole(raw)))
    if (values) return [...settled, ...this.#keep({ values, raw, line })]
    this.#lines.push({ raw, line, alone })
    this.#length += raw.length
    if (alone) this.#held++
    if (!alone && this.#lines.length > 1) settled.push(...this.#join())
    return this.#isTooMuch || this.#held >= heldMax ? [...settled, ...this.#settle()] : settled
  }

  get #isTooMuch(): boolean {
    return this.#lines.length >= linesMax || this.#length >= charactersMax
  }

  finish(): Mended[] {
    const settled: Mended[] = []
    while (this.isOpen) settled.push(...this.#settle())
    return [...settled, ...this.release()]
  }

  /** Everything that is gathered, as it came. */
  giveUp(): Told | undefined {
    const lines = [...this.release(), ...this.#lines]
    this.#clear()
    return lines.length > 0 ? together(lines) : undefined
  }

  /** The row that is held back, to whoever knows what follows. */
  release(): Row[] {
    const before = this.#before
    this.#before = undefined
    return before ? [before] : []
  }

  /** Holds a row back until it is known what follows, and lets the one before it go. */
  #keep(row: Row): Row[] {
    if (this.#layout.freeColumns.length === 0) return [row]
    const before = this.release()
    this.#before = row
    return before
  }

  /** All lines as one row, if they make one. */
  #join(): Mended[] {
    const lines = this.#lines
    const row = this.#asOne(lines)
    const isDoubtful = this.#held > 0
    if (!row || (row === 'several' && (!isDoubtful || this.#mayEnd(lines)))) return []
    this.#clear()
    const reason =
      'whole rows stand inside a broken one: either it was cut off, or a name was written to look like rows'
    return row === 'several' || isDoubtful ? [...this.release(), { reason, ...together(lines) }] : this.#keep(row)
  }

  /** The row before the lines and the lines as one row, if they may be one. */
  #together(): Mended[] {
    const before = this.#before
    // What ends with a whole row makes one with any row before it.
    if (!before || this.#lines.at(-1)?.alone || !this.isOpen) return []
    const lines = [before, ...this.#lines]
    const row = this.#asOne(lines)
    // Lines that begin as a row does are one that its own name broke.
    if (!row || (row === 'several' && this.#beginsRow(this.#lines[0] as Line))) return []
    const isDoubtful = this.#held > 0 || this.#differs(row, before.values)
    this.#clear()
    this.#before = undefined
    const reason =
      'a whole row and a broken one behind it may be one: either that one was cut off, or a name was written to look like a row'
    return row === 'several' || isDoubtful ? [{ reason, ...together(lines) }] : this.#keep(row)
  }

  /** The row that the lines make; `several` where they may make more than one. */
  #asOne(lines: readonly Told[]): Row | 'several' | undefined {
    const { raw, line } = together(lines)
    const parts = this.#parts(raw)
    const values = parts && align(parts, this.#layout, this.#clock)
    return Array.isArray(values) ? { values, raw, line } : values
  }

  /** Whether the broken lines may make rows by themselves: then those behind them are no rest of theirs. */
  #mayEnd(lines: readonly Line[]): boolean {
    const firstRow = lines.findIndex(({ alone }) => alone)
    return this.#asOne(lines.slice(0, firstRow)) === 'several'
  }

  #beginsRow({ raw }: Told): boolean {
    const parts = this.#parts(raw) ?? []
    const name = this.#layout.freeColumns[0] ?? 0
    return parts.length > name && beginsWell((column) => parts[column] as string, name, this.#layout, this.#clock)
  }

  #differs(row: Row | 'several', values: readonly string[]): boolean {
    return row === 'several' || Object.values(this.#layout.columns).some((at) => row.values[at] !== values[at])
  }

  /** Gives the broken lines up, believes the rows behind them, and begins again with what is then left. */
  #settle(): Mended[] {
    const found = this.#together()
    if (!this.isOpen) return found
    const lines = this.#lines
    const firstRow = lines.findIndex((line) => line.alone)
    const broken = firstRow < 0 ? lines : lines.slice(0, firstRow)
    // So many lines may be the rest of a name that has still more.
    const isDoubtful = this.#isTooMuch && firstRow < 0
    const unlike = firstRow < 0 ? undefined : this.#endingWith(broken, lines[firstRow] as Line)
    this.#clear()
    const before = this.release()
    const settled: Mended[] = isDoubtful
      ? [this.#lost([...before, ...broken])]
      : [...before, unlike ?? this.#lost(broken)]
    const rest = firstRow < 0 ? [] : lines.slice(unlike ? firstRow + 1 : firstRow)
    for (const { raw, line } of rest) settled.push(...this.offer(raw, line))
    return settled
  }

  /** Broken lines and the row behind them as one that says something else: a name may have written how that row begins. */
  #endingWith(broken: readonly Line[], last: Line): Lost | undefined {
    const lines = [...broken, last]
    const row = this.#asOne(lines)
    if (!row || !this.#differs(row, last.alone ?? []) || this.#mayEnd(lines)) return undefined
    const reason =
      'a broken row and a whole one behind it may be one: either the first was cut off, or a name was written to look like a row'
    return { reason, ...together(lines) }
  }

  #clear(): void {
    this.#lines = []
    this.#length = this.#held = 0
  }

  /** What cannot be told; one line that is right in number goes on to whoever says which value makes no sense. */
  #lost(lines: readonly Told[]): Mended {
    const { raw, line } = together(lines)
    const values = lines.length === 1 ? this.whole(raw) : undefined
    if (values) return { values, raw, line }
    const parts = this.#parts(raw)
    const reason =
      `the row has ${parts ? parts.length : 'an open quote and other'} values where the header has ` +
      `${this.#layout.names.length}, and it cannot be told which of them a name or comment contains`
    return { reason, raw, line }
  }

  /** The values of a row; undefined while a quote is open. */
  #parts(raw: string): string[] | undefined {
    const { delimiter, closed, quoted } = this.#layout
    const parts = quoted ? splitQuoted(raw, delimiter) : raw.split(delimiter)
    if (closed && parts?.at(-1) === '') parts.pop()
    return parts
  }
}

const together = (lines: readonly Told[]): Told => ({
  raw: lines.map(({ raw }) => raw).join('\n'),
  line: (lines[0] as Told).line,
})
