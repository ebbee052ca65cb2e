import type { Layout } from './layout.ts'

/** A row, and where each of its values ends; or its values, where they had to be put together. Used again and again. */
export class Cut {
  text = ''
  from = 0
  to = 0
  line = 0
  readonly #ends: Int32Array
  readonly #layout: Layout
  #values: readonly string[] | undefined

  constructor(layout: Layout) {
    this.#layout = layout
    this.#ends = new Int32Array(layout.names.length + 1)
  }

  get raw(): string {
    return this.text.slice(this.from, this.to)
  }

  /** Notes where each value ends; answers whether there are as many as in the header. */
  at(text: string, from: number, to: number, line: number): boolean {
    const { delimiter, closed, names } = this.#layout
    const ends = this.#ends
    const most = names.length
    let count = 0
    let at = from
    for (;;) {
      const next = text.indexOf(delimiter, at)
      if (next < 0 || next >= to) break
      if (count < most) ends[count] = next
      count++
      at = next + delimiter.length
    }
    this.text = text
    this.from = from
    this.to = to
    this.line = line
    this.#values = undefined
    if (closed && at === to) return count === most
    if (count < most) ends[count] = to
    return count + 1 === most
  }

  of(raw: string, line: number, values: readonly string[]): void {
    this.text = raw
    this.from = 0
    this.to = raw.length
    this.line = line
    this.#values = values
  }

  cell(column: number): string {
    if (this.#values) return this.#values[column] ?? ''
    const ends = this.#ends
    const from = column === 0 ? this.from : (ends[column - 1] as number) + this.#layout.delimiter.length
    return this.text.slice(from, ends[column])
  }
}
