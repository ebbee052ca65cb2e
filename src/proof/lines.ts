import type { PoolClient } from 'pg'
import { copyOut } from '../database/copy.ts'

const batchLines = 4096
const batchesAhead = 3

/** Rows of a COPY in batches, read only a little ahead of who asks, so that memory does not grow with the table. */
export class Lines {
  #batch: string[] = []
  readonly #ready: string[][] = []
  #ended = false
  #failure: unknown
  #abandoned = false
  #wake = (): void => {}
  #resume: (() => void) | undefined
  readonly #done: Promise<void>

  constructor(client: PoolClient, query: string) {
    this.#done = this.#read(client, query)
  }

  async #read(client: PoolClient, query: string): Promise<void> {
    try {
      await copyOut(client, `copy (${query}) to stdout`, (line) => this.#take(line))
    } catch (error) {
      this.#failure = error
    }
    this.#ready.push(this.#batch)
    this.#ended = true
    this.#wake()
  }

  #take(line: Buffer): Promise<void> | undefined {
    if (this.#abandoned) return undefined
    this.#batch.push(line.toString('utf8', 0, line.length - 1))
    if (this.#batch.length < batchLines) return undefined
    this.#ready.push(this.#batch)
    this.#batch = []
    this.#wake()
    if (this.#ready.length < batchesAhead || this.#resume) return undefined
    return new Promise((resolve) => (this.#resume = resolve))
  }

  /** The next rows; none at the end. */
  async next(): Promise<readonly string[]> {
    while (this.#ready.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve))
    const batch = this.#ready.shift() ?? []
    if (this.#ready.length < batchesAhead) {
      this.#resume?.()
      this.#resume = undefined
    }
    if (batch.length === 0 && this.#failure !== undefined) throw this.#failure as Error
    return batch
  }

  /** Rows that nobody wants any more are read to their end, so that the connection can be used again. */
  async close(): Promise<void> {
    this.#abandoned = true
    this.#resume?.()
    await this.#done
  }
}

/** Rows sorted by a number or text in their first column, taken up to one after the other. */
export class Sorted<Key extends number | string, Row extends { readonly key: Key }> {
  readonly #lines: Lines
  readonly #rowOf: (line: string) => Row
  #left: Row[] = []
  #ended = false

  constructor(lines: Lines, rowOf: (line: string) => Row) {
    this.#lines = lines
    this.#rowOf = rowOf
  }

  async upTo(key: Key): Promise<Row[]> {
    while (!this.#ended && !(this.#left.length > 0 && (this.#left.at(-1) as Row).key > key)) {
      const batch = await this.#lines.next()
      if (batch.length === 0) this.#ended = true
      else for (const line of batch) this.#left.push(this.#rowOf(line))
    }
    let end = this.#left.length
    while (end > 0 && (this.#left[end - 1] as Row).key > key) end -= 1
    const rows = this.#left.slice(0, end)
    this.#left = this.#left.slice(end)
    return rows
  }
}

const escaped = /\\([bfnrtv\\])/g
const meanings: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** What a field of COPY text says. */
export const plain = (field: string): string =>
  field.includes('\\') ? field.replace(escaped, (_, letter: string) => meanings[letter] ?? letter) : field
