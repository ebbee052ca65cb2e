import type { Clock } from './clock.ts'
import type { Layout } from './layout.ts'
import { align } from './mend.ts'
import { splitQuoted } from './quoted.ts'

type Lost = { readonly reason: string; readonly raw: string; readonly line: number }
export type Mended = { readonly values: readonly string[]; readonly raw: string; readonly line: number } | Lost

const linesMax = 64
const charactersMax = 1 << 20

/**
 * Puts rows together again that users broke with newlines and delimiters in their names. Lines are gathered until
 * they make one row; a line that is a row of its own ends the gathering, so nothing after a damaged row is lost.
 */
export class Mender {
  readonly #layout: Layout
  readonly #clock: Clock
  #pieces: string[] = []
  #length = 0
  #line = 0

  constructor(layout: Layout, clock: Clock) {
    this.#layout = layout
    this.#clock = clock
  }

  get isOpen(): boolean {
    return this.#pieces.length > 0
  }

  offer(raw: string, line: number): Mended[] {
    const parts = this.isOpen ? undefined : this.#parts(raw)
    // Right in number: if a value makes no sense, the reader of rows says which.
    if (parts && parts.length === this.#layout.names.length) return [{ values: parts, raw, line }]
    const alone = this.#align(raw)
    if (alone) return [...this.finish(), { values: alone, raw, line }]
    if (!this.isOpen) this.#line = line
    this.#pieces.push(raw)
    this.#length += raw.length
    const whole = this.#pieces.join('\n')
    const values = this.#pieces.length > 1 ? this.#align(whole) : undefined
    if (values) {
      this.#pieces = []
      this.#length = 0
      return [{ values, raw: whole, line: this.#line }]
    }
    return this.#pieces.length >= linesMax || this.#length >= charactersMax ? this.finish() : []
  }

  finish(): Lost[] {
    if (!this.isOpen) return []
    const raw = this.#pieces.join('\n')
    this.#pieces = []
    this.#length = 0
    const parts = this.#parts(raw)
    const reason =
      `the row has ${parts ? parts.length : 'an open quote and other'} values where the header has ${this.#layout.names.length}, ` +
      'and it cannot be told which of them a name or comment contains'
    return [{ reason, raw, line: this.#line }]
  }

  /** The values of a row; undefined while a quote is open. */
  #parts(raw: string): string[] | undefined {
    const { delimiter, closed, quoted } = this.#layout
    const parts = quoted ? splitQuoted(raw, delimiter) : raw.split(delimiter)
    if (closed && parts?.at(-1) === '') parts.pop()
    return parts
  }

  #align(raw: string): string[] | undefined {
    const parts = this.#parts(raw)
    return parts && align(parts, this.#layout, this.#clock)
  }
}
