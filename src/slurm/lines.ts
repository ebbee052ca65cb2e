import { Refusal } from '../values/refusal.ts'

/** A longer line is no row of any dump. */
const lineMax = 16 << 20
/** So much of it is kept: enough to see what it was. */
const headMax = 64 << 10
/** A longer piece is cut up first, so that every line within it is shorter than the longest. */
const pieceMax = 1 << 20

/** A line that is too long to be held: how it begins, and how many bytes it has. */
export type LongLine = { readonly head: Buffer; length: number }

export const tooLong = (line: number): Refusal =>
  new Refusal(`line ${line} is longer than ${lineMax >> 20} MiB`, 'no row of a dump is; is this a text file of sacct?')

/**
 * Cuts a stream of bytes into texts of whole lines. Only at newlines, so that no letter of several bytes is torn.
 * A line that is too long is counted to its end and given out by itself, in its place.
 */
export class LineBlocks {
  #rest: Buffer[] = []
  #restLength = 0
  #long: LongLine | undefined;

  /** The whole lines that are there now, if any. */
  *push(chunk: Buffer): Generator<Buffer | LongLine> {
    for (let at = 0; at < chunk.length; at += pieceMax) yield* this.#piece(chunk.subarray(at, at + pieceMax))
  }

  /** What stands behind the last newline. */
  end(): Buffer | LongLine {
    const rest = this.#long ?? Buffer.concat(this.#rest)
    this.#rest = []
    this.#restLength = 0
    this.#long = undefined
    return rest
  }

  *#piece(piece: Buffer): Generator<Buffer | LongLine> {
    const first = piece.indexOf(10)
    const long = this.#grown(piece, first)
    if (long && first < 0) return
    if (long) {
      yield long
      this.#long = undefined
    }
    const whole = long ? piece.subarray(first + 1) : piece
    const last = whole.lastIndexOf(10)
    if (last >= 0) {
      const head = whole.subarray(0, last + 1)
      yield this.#restLength > 0 ? Buffer.concat([...this.#rest, head]) : head
      this.#rest = []
      this.#restLength = 0
    }
    if (last + 1 < whole.length) this.#rest.push(whole.subarray(last + 1))
    this.#restLength += whole.length - last - 1
  }

  /** The line that this piece goes on with, where it is too long. */
  #grown(piece: Buffer, newline: number): LongLine | undefined {
    const more = newline < 0 ? piece.length : newline
    if (this.#long) this.#long.length += more
    else if (this.#restLength + more > lineMax) {
      const begun = Buffer.concat([...this.#rest, piece.subarray(0, more)])
      this.#long = { head: Buffer.from(begun.subarray(0, headMax)), length: begun.length }
      this.#rest = []
      this.#restLength = 0
    }
    return this.#long
  }
}
