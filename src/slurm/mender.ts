import type { Clock } from './clock.ts'
import type { Layout } from './layout.ts'
import { align } from './mend.ts'
import { splitQuoted } from './quoted.ts'

type Line = { readonly raw: string; readonly line: number; readonly alone: string[] | undefined }
type Lost = { readonly reason: string; readonly raw: string; readonly line: number }
export type Mended = { readonly values: readonly string[]; readonly raw: string; readonly line: number } | Lost

const linesMax = 64
const charactersMax = 1 << 20
/** So many whole rows behind a broken one, and they are believed. */
const heldMax = 8

/**
 * Puts rows together again that users broke with newlines and delimiters in their names. Lines are gathered until
 * they make one row. A line that is a whole row is held back for a while: it is the next row, if more of them follow,
 * so nothing after a damaged row is lost; but it may also be part of a name, written to charge somebody else, and
 * then the rest of the broken row comes behind it and everything goes to quarantine together.
 */
export class Mender {
  readonly #layout: Layout
  readonly #clock: Clock
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

  offer(raw: string, line: number): Mended[] {
    const parts = this.#parts(raw)
    // Right in number: if a value makes no sense, the reader of rows says which.
    if (!this.isOpen && parts?.length === this.#layout.names.length) return [{ values: parts, raw, line }]
    const alone = parts && align(parts, this.#layout, this.#clock)
    if (!this.isOpen && alone) return [{ values: alone, raw, line }]
    this.#lines.push({ raw, line, alone })
    this.#length += raw.length
    if (alone) this.#held++
    if (!alone && this.#lines.length > 1) {
      const joined = this.#join()
      if (joined) return [joined]
    }
    const isTooMuch = this.#lines.length >= linesMax || this.#length >= charactersMax || this.#held >= heldMax
    return isTooMuch ? this.#settle() : []
  }

  finish(): Mended[] {
    const settled: Mended[] = []
    while (this.isOpen) settled.push(...this.#settle())
    return settled
  }

  /** All lines as one row, if they make one. */
  #join(): Mended | undefined {
    const raw = this.#lines.map((line) => line.raw).join('\n')
    const parts = this.#parts(raw)
    const values = parts && align(parts, this.#layout, this.#clock)
    if (!values) return undefined
    const { line } = this.#lines[0] as Line
    const isDoubtful = this.#held > 0
    this.#clear()
    const reason =
      'whole rows stand inside a broken one: either it was cut off, or a name was written to look like rows'
    return isDoubtful ? { reason, raw, line } : { values, raw, line }
  }

  /** Gives the broken lines up, believes the rows behind them, and begins again with what is then left. */
  #settle(): Mended[] {
    const lines = this.#lines
    this.#clear()
    const firstRow = lines.findIndex((line) => line.alone)
    const settled: Mended[] = [this.#lost(firstRow < 0 ? lines : lines.slice(0, firstRow))]
    if (firstRow >= 0) for (const { raw, line } of lines.slice(firstRow)) settled.push(...this.offer(raw, line))
    return settled
  }

  #clear(): void {
    this.#lines = []
    this.#length = this.#held = 0
  }

  #lost(lines: readonly Line[]): Lost {
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
