import { Refusal } from '../values/refusal.ts'

/** A longer line is no row of any dump. */
export const lineMax = 16 << 20

export const tooLong = (line: number): Refusal =>
  new Refusal(`line ${line} is longer than ${lineMax >> 20} MiB`, 'no row of a dump is; is this a text file of sacct?')

/**
 * Cuts a stream of bytes into texts of whole lines. Only at newlines, so that no letter of several bytes is torn.
 */
export class LineBlocks {
  /** Lines given out so far. */
  lines = 0
  #rest: Buffer[] = []
  #restLength = 0

  /** The whole lines that are there now, if any. */
  push(chunk: Buffer): Buffer | undefined {
    const newline = chunk.lastIndexOf(10)
    const head = newline < 0 ? chunk : chunk.subarray(0, newline + 1)
    if (this.#restLength + (newline < 0 ? head.length : chunk.indexOf(10)) > lineMax) throw tooLong(this.lines + 1)
    if (newline < 0) {
      this.#rest.push(chunk)
      this.#restLength += chunk.length
      return undefined
    }
    const block = this.#restLength > 0 ? Buffer.concat([...this.#rest, head]) : head
    this.#rest = newline + 1 < chunk.length ? [chunk.subarray(newline + 1)] : []
    this.#restLength = chunk.length - newline - 1
    return block
  }

  /** What stands behind the last newline. */
  end(): Buffer {
    const rest = Buffer.concat(this.#rest)
    this.#rest = []
    this.#restLength = 0
    return rest
  }
}
