import { Refusal } from '../values/refusal.ts'

/** A piece of the document, cut out to be parsed by itself. */
export type Slice = { readonly kind: 'job' | 'errors'; readonly bytes: Buffer; readonly line: number }

const sliceMax = 64 << 20
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
    for (let at = 0; at < length; at++) {
      if (this.#inString) at = this.#string(chunk, at)
      else {
        const byte = chunk[at] as number
        if (byte > 32) this.#structure(byte, chunk, at, slices)
        else if (byte === 10) this.line++
      }
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

  /** Runs through a string; gives the place of its last byte in this chunk. */
  #string(chunk: Buffer, from: number): number {
    const length = chunk.length
    const key = this.#key
    let at = from
    if (this.#escaped) {
      this.#escaped = false
      at++
    }
    for (; at < length; at++) {
      const byte = chunk[at] as number
      if (byte === quote) {
        this.#inString = false
        return at
      }
      if (key && key.length < 64) key.push(byte)
      if (byte === backslash && ++at === length) this.#escaped = true
    }
    return length
  }

  #structure(byte: number, chunk: Buffer, at: number, slices: Slice[]): void {
    if (byte === quote) {
      this.#inString = true
      if (this.#depth === 1 && !this.#afterColon) this.#key = []
    } else if (byte === 123 || byte === 91) this.#open(byte, at)
    else if (byte === 125 || byte === 93) this.#close(chunk, at, slices)
    else if (this.#depth === 1) this.#separate(byte)
    else if (this.#depth === 0 && !(this.jobs === 0 && mark.has(byte)))
      throw new Refusal('the input does not begin as JSON', 'is it really sacct --json?')
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
