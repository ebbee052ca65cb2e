import type { Clock } from './clock.ts'
import type { Layout } from './layout.ts'
import { align } from './mend.ts'
import { splitQuoted } from './quoted.ts'

type Line = { readonly raw: string; readonly line: number; readonly alone: string[] | undefined }
type Lost = { readonly reason: string; readonly raw: string; readonly line: number }
type Row = { readonly values: readonly string[]; readonly raw: string; readonly line: number }
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
    const parts = this.#parts(raw)
    const alone = parts && align(parts, this.#layout, this.#clock)
    const settled: Mended[] = alone ? this.#together() : []
    const values = this.isOpen ? undefined : (this.whole(raw) ?? alone)
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
  giveUp(): Pick<Row, 'raw' | 'line'> | undefined {
    const [first, ...others] = [...this.release(), ...this.#lines]
    this.#clear()
    return first && { raw: [first, ...others].map(({ raw }) => raw).join('\n'), line: first.line }
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
    const row = this.#asOne(this.#lines)
    if (!row) return []
    const isDoubtful = this.#held > 0
    this.#clear()
    const { raw, line } = row
    const reason =
      'whole rows stand inside a broken one: either it was cut off, or a name was written to look like rows'
    return isDoubtful ? [...this.release(), { reason, raw, line }] : this.#keep(row)
  }

  /** The row before the lines and the lines as one row, if they may be one. */
  #together(): Mended[] {
    const before = this.#before
    // What ends with a whole row makes one with any row before it.
    if (!before || this.#lines.at(-1)?.alone || !this.isOpen) return []
    const row = this.#asOne([before, ...this.#lines])
    if (!row) return []
    const isDoubtful =
      this.#held > 0 || Object.values(this.#layout.columns).some((at) => row.values[at] !== before.values[at])
    this.#clear()
    this.#before = undefined
    const { raw, line } = row
    const reason =
      'a whole row and a broken one behind it may be one: either that one was cut off, or a name was written to look like a row'
    return isDoubtful ? [{ reason, raw, line }] : this.#keep(row)
  }

  #asOne(lines: readonly Pick<Line, 'raw' | 'line'>[]): Row | undefined {
    const raw = lines.map((line) => line.raw).join('\n')
    const parts = this.#parts(raw)
    const values = parts && align(parts, this.#layout, this.#clock)
    return values && { values, raw, line: (lines[0] as Line).line }
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
    this.#clear()
    const before = this.release()
    const settled: Mended[] = isDoubtful ? [this.#lost([...before, ...broken])] : [...before, this.#lost(broken)]
    if (firstRow >= 0) for (const { raw, line } of lines.slice(firstRow)) settled.push(...this.offer(raw, line))
    return settled
  }

  #clear(): void {
    this.#lines = []
    this.#length = this.#held = 0
  }

  #lost(lines: readonly Pick<Line, 'raw' | 'line'>[]): Lost {
    const raw = lines.map((line) => line.raw).join('\n')
    const parts = this.#parts(raw)
    const reason =
      `the row has ${parts ? parts.length : 'an open quote and other'} values where the header has ` +
      `${this.#layout.names.length}, and it cannot be told which of them a name or comment contains`
    return { reason, raw, line: (lines[0] as Line).line }
  }

  /** The values of a row; undefined while a quote is open. */
  #parts(raw: string): string[] | undefined {
    const { delimiter, closed, quoted } = this.#layout
    const parts = quoted ? splitQuoted(raw, delimiter) : raw.split(delimiter)
    if (closed && parts?.at(-1) === '') parts.pop()
    return parts
  }
}
