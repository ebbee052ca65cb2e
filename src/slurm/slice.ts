import { Refusal } from '../values/refusal.ts'

/** A piece of the document, cut out to be parsed by itself. */
export type Slice = { readonly kind: 'job' | 'errors'; readonly bytes: Buffer; readonly line: number }

const sliceMax = 64 << 20

/** What a byte outside a string is to the slicer; a table, because every byte of the input asks. */
const plain = 0
const quotes = 1
const newline = 2
const bracket = 3
const other = 4
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 34) return quotes
  if (byte === 10) return newline
  if (byte === 91 || byte === 93 || byte === 123 || byte === 125) return bracket
  return byte <= 32 ? plain : other
})
const quote = 34
const backslash = 92
/** A byte order mark, which some editors put first. */
const mark = new Set([0xef, 0xbb, 0xbf])

/**
 * Cuts the objects of the top-level list `jobs` (and the list `errors`) out of a stream of JSON, whatever its layout,
 * without ever holding more than one of them. Works on bytes: in UTF-8 no letter of several bytes contains one of
 * the bytes that structure a document.
 */
export class JobSlicer {
  jobs = 0
  line = 1
  hasJobs = false
  #depth = 0
  #inString = false
  #escaped = false
  /** Bytes of the key that is being read at depth one, and the key before the colon. */
  #key: number[] | undefined
  #name = ''
  #afterColon = false
  #list: 'jobs' | 'errors' | undefined
  #from = -1
  #line = 1
  #kept: Buffer[] = []
  #keptLength = 0

  push(chunk: Buffer): Slice[] {
    const slices: Slice[] = []
    const length = chunk.length
    let at = this.#inString ? this.#string(chunk, 0) + 1 : 0
    for (; at < length; at++) {
      const kind = kinds[chunk[at] as number]
      if (kind === plain) continue
      if (kind === quotes) at = this.#string(chunk, at + 1)
      else if (kind === newline) this.line++
      else if (kind === bracket || this.#depth < 3) this.#structure(chunk[at] as number, chunk, at, slices)
    }
    if (this.#from >= 0) this.#keep(chunk.subarray(this.#from))
    return slices
  }

  finish(): void {
    if (this.#depth > 0) {
      const where = this.#from < 0 ? `after job ${this.jobs}` : `in the middle of job ${this.jobs + 1}`
      throw new Refusal(`the JSON ends ${where}`, 'fetch it again and repeat; what was read is not read twice')
    }
    if (!this.hasJobs)
      throw new Refusal('the JSON has no list of jobs', 'use sacct --json or slurmrestd /slurmdb/v0.0.…/jobs')
  }

  /** Runs through a string from behind its first quote; gives the place of its last byte in this chunk. */
  #string(chunk: Buffer, from: number): number {
    const length = chunk.length
    const isKey = this.#depth === 1 && !this.#afterColon
    if (isKey && !this.#inString) this.#key = []
    let at = this.#escaped ? from + 1 : from
    this.#escaped = false
    for (; at < length; at++) {
      const byte = chunk[at]
      if (byte === quote) {
        this.#inString = false
        if (isKey) this.#remember(chunk, from, at)
        return at
      }
      if (byte === backslash && ++at === length) this.#escaped = true
    }
    this.#inString = true
    if (isKey) this.#remember(chunk, from, length)
    return length
  }

  #remember(chunk: Buffer, from: number, to: number): void {
    const key = this.#key
    for (let at = from; key && at < to && key.length < 64; at++) key.push(chunk[at] as number)
  }

  #structure(byte: number, chunk: Buffer, at: number, slices: Slice[]): void {
    if (byte === 123 || byte === 91) this.#open(byte, at)
    else if (byte === 125 || byte === 93) this.#close(chunk, at, slices)
    else if (this.#depth === 1) this.#separate(byte)
    else if (this.#depth === 0 && this.hasJobs)
      throw new Refusal(
        'something that is no JSON follows the last job',
        'what was read stays; was it written there by mistake?',
      )
    else if (this.#depth === 0 && !mark.has(byte))
      throw new Refusal('the input does not begin as JSON', 'is it really sacct --json?')
    else if (this.#list === 'jobs' && byte !== 44)
      throw new Refusal('the list of jobs holds something that is no job', 'is it really sacct --json?')
  }

  #separate(byte: number): void {
    if (byte === 58 && !this.#afterColon) {
      this.#name = Buffer.from(this.#key ?? []).toString('latin1')
      this.#key = undefined
      this.#afterColon = true
      if (this.#name === 'jobs') this.hasJobs = true
    } else if (byte === 44) this.#afterColon = false
  }

  #open(byte: number, at: number): void {
    if (this.#depth === 0 && byte === 91)
      throw new Refusal('the JSON is a list, not an answer of Slurm', 'give the whole answer, with its "jobs"')
    if (this.#depth === 1 && byte === 91 && (this.#name === 'jobs' || this.#name === 'errors')) {
      this.#list = this.#name
      if (this.#list === 'errors') this.#begin(at)
    }
    if (this.#depth === 2 && this.#list === 'jobs' && byte === 123) this.#begin(at)
    this.#depth++
    if (this.#depth === 1) this.#afterColon = false
  }

  #begin(at: number): void {
    this.#from = at
    this.#line = this.line
  }

  #close(chunk: Buffer, at: number, slices: Slice[]): void {
    this.#depth--
    if (this.#list === 'jobs' && this.#depth === 2 && this.#from >= 0) {
      this.jobs++
      slices.push(this.#cut('job', chunk, at))
    } else if (this.#depth === 1) {
      if (this.#list === 'errors' && this.#from >= 0) slices.push(this.#cut('errors', chunk, at))
      this.#list = undefined
    }
    if (this.#depth < 0) throw new Refusal('the JSON closes more than it opens', 'fetch it again and repeat')
  }

  #cut(kind: Slice['kind'], chunk: Buffer, at: number): Slice {
    const last = chunk.subarray(this.#from, at + 1)
    const bytes = this.#keptLength > 0 ? Buffer.concat([...this.#kept, last]) : last
    this.#kept = []
    this.#keptLength = 0
    this.#from = -1
    return { kind, bytes, line: this.#line }
  }

  /** What was begun goes on in the next chunk, at its first byte. */
  #keep(bytes: Buffer): void {
    this.#kept.push(bytes)
    this.#keptLength += bytes.length
    this.#from = 0
    if (this.#keptLength > sliceMax)
      throw new Refusal(
        `job ${this.jobs + 1} is larger than ${sliceMax >> 20} MiB`,
        'no job of Slurm is; is the JSON damaged?',
      )
  }
}
