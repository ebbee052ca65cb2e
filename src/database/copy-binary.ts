import { strict as assert } from 'node:assert'
import { frameHead } from './copy.ts'

const frameBytes = 64 * 1024
/** Batches of a few operations are many, and their rows fit into this. */
const firstBytes = 8 * 1024
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')

/** Bursar's clock starts in 1970, PostgreSQL's in 2000. */
const epochMs = Date.UTC(2000, 0, 1)
const dayMs = 86_400_000
const uuidType = 2950

/**
 * The binary format of COPY: PostgreSQL takes it in half the time of text, where a row has numbers, times and UUIDs.
 * What is digested is the text all the same (copy-text.ts), and verify sees that both say one thing.
 */
export class BinaryRows {
  #frame = Buffer.allocUnsafe(firstBytes)
  #view = viewOf(this.#frame)
  #end = frameHead
  #full: Buffer[] = []

  constructor() {
    // The signature; no flags, and no more of a head.
    this.#end += signature.copy(this.#frame, this.#end)
    this.#int32(0)
    this.#int32(0)
  }

  /** Frames that are full. */
  taken(): readonly Buffer[] {
    if (this.#full.length === 0) return none
    const full = this.#full
    this.#full = []
    return full
  }

  /** The end of all rows, and what is left of them. */
  last(): Buffer {
    this.#room(2)
    this.#int16(-1)
    return this.#frame.subarray(0, this.#end)
  }

  row(columns: number): this {
    this.#room(2)
    this.#int16(columns)
    return this
  }

  nothing(): this {
    this.#room(4)
    this.#int32(-1)
    return this
  }

  bigint(value: bigint | null): this {
    if (value === null) return this.nothing()
    this.#sized(8)
    this.#view.setBigInt64(this.#end, value)
    this.#end += 8
    return this
  }

  integer(value: number): this {
    this.#sized(4)
    this.#int32(value)
    return this
  }

  smallint(value: number): this {
    this.#sized(2)
    this.#int16(value)
    return this
  }

  boolean(value: boolean): this {
    this.#sized(1)
    this.#frame[this.#end++] = value ? 1 : 0
    return this
  }

  text(value: string | null): this {
    if (value === null) return this.nothing()
    this.#room(4 + value.length * 3)
    const from = this.#end + 4
    const bytes = value.length <= shortMost ? this.#short(value, from) : this.#frame.write(value, from)
    this.#int32(bytes)
    this.#end = from + bytes
    return this
  }

  /** A text that is bytes already. */
  utf8(from: Buffer, start: number, end: number): this {
    this.#sized(end - start)
    this.#end += from.copy(this.#frame, this.#end, start, end)
    return this
  }

  /** A bytea, told in hexadecimal with small letters. By hand: they are short, and the call costs more. */
  bytes(hex: string): this {
    this.#sized(hex.length / 2)
    this.#nibbles(hex, 0, hex.length)
    return this
  }

  uuid(value: string | null): this {
    if (value === null) return this.nothing()
    assert(value.length === 36 && isDashed(value), `${value} is no UUID`)
    this.#sized(16)
    this.#nibbles(value, 0, 8)
    this.#nibbles(value, 9, 13)
    this.#nibbles(value, 14, 18)
    this.#nibbles(value, 19, 23)
    this.#nibbles(value, 24, 36)
    return this
  }

  uuids(values: readonly string[]): this {
    const dimensions = values.length === 0 ? 0 : 1
    this.#sized(12 + dimensions * 8 + values.length * 20)
    this.#int32(dimensions)
    this.#int32(0)
    this.#int32(uuidType)
    if (dimensions === 0) return this
    this.#int32(values.length)
    this.#int32(1)
    for (const value of values) this.uuid(value)
    return this
  }

  /** A timestamptz, of epoch milliseconds. */
  time(ms: number | null): this {
    if (ms === null) return this.nothing()
    this.#sized(8)
    const micros = (ms - epochMs) * 1000
    const high = Math.floor(micros / 2 ** 32)
    this.#int32(high)
    this.#int32(micros - high * 2 ** 32)
    return this
  }

  /** A date, `2026-11-21`. */
  date(value: string): this {
    if (value !== lastDate.text) lastDate = { text: value, day: (Date.parse(value) - epochMs) / dayMs }
    return this.integer(lastDate.day)
  }

  /** A numeric with nine places: digits of base 10,000, of which three stand behind the point. */
  money(nanos: bigint): this {
    const count = nanos < exact && nanos > -exact ? digitsOf(Math.abs(Number(nanos))) : bigDigitsOf(nanos)
    this.#sized(8 + count * 2)
    this.#int16(count)
    this.#int16(count - 4)
    this.#int16(nanos < 0n ? 0x4000 : 0)
    this.#int16(9)
    for (let place = count - 1; place >= 0; place -= 1) this.#int16(digits[place] as number)
    return this
  }

  #nibbles(hex: string, from: number, to: number): void {
    const frame = this.#frame
    let end = this.#end
    let seen = 0
    for (let place = from; place < to; place += 2) {
      const high = nibbles[hex.charCodeAt(place)] ?? noNibble
      const low = nibbles[hex.charCodeAt(place + 1)] ?? noNibble
      seen |= high | low
      frame[end++] = (high << 4) | low
    }
    assert(seen < 16, `${hex} is not hexadecimal`)
    this.#end = end
  }

  #int16(value: number): void {
    this.#view.setInt16(this.#end, value)
    this.#end += 2
  }

  #int32(value: number): void {
    this.#view.setInt32(this.#end, value)
    this.#end += 4
  }

  /** By hand where it is short and plain: the call costs more than the copy. */
  #short(value: string, from: number): number {
    const frame = this.#frame
    for (let place = 0; place < value.length; place += 1) {
      const code = value.charCodeAt(place)
      if (code > 127) return frame.write(value, from)
      frame[from + place] = code
    }
    return value.length
  }

  #sized(bytes: number): void {
    this.#room(4 + bytes)
    this.#int32(bytes)
  }

  /** A row may go on in the next frame: the server sees one stream. */
  #room(bytes: number): void {
    if (this.#end + bytes <= this.#frame.length) return
    this.#full.push(this.#frame.subarray(0, this.#end))
    this.#frame = Buffer.allocUnsafe(Math.max(frameBytes, frameHead + bytes))
    this.#view = viewOf(this.#frame)
    this.#end = frameHead
  }
}

const viewOf = (frame: Buffer): DataView => new DataView(frame.buffer, frame.byteOffset, frame.length)
const shortMost = 40
let lastDate = { text: '', day: 0 }

const noNibble = 255
/** By the code of its digit, in small letters or capitals. */
const nibbles = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase())
  return digit < 0 ? noNibble : digit
})

const dash = 45
const isDashed = (uuid: string): boolean =>
  uuid.charCodeAt(8) === dash &&
  uuid.charCodeAt(13) === dash &&
  uuid.charCodeAt(18) === dash &&
  uuid.charCodeAt(23) === dash

const none: readonly Buffer[] = []
/** Up to here numbers of JavaScript are exact. */
const exact = BigInt(Number.MAX_SAFE_INTEGER)
/** Of one amount, the lowest first. */
const digits: number[] = Array.from({ length: 16 }, () => 0)

/** Nine places and three more make whole digits. Answers how many there are. */
function digitsOf(nanos: number): number {
  const whole = Math.floor(nanos / 1e9)
  const fraction = nanos - whole * 1e9
  const upper = Math.floor(fraction / 1e5)
  const lower = fraction - upper * 1e5
  const middle = Math.floor(lower / 10)
  digits[0] = (lower - middle * 10) * 1000
  digits[1] = middle
  digits[2] = upper
  let count = 3
  for (let rest = whole; rest > 0; ) {
    const next = Math.floor(rest / 10_000)
    digits[count++] = rest - next * 10_000
    rest = next
  }
  return count
}

function bigDigitsOf(nanos: bigint): number {
  let count = 0
  for (let rest = (nanos < 0n ? -nanos : nanos) * 1000n; rest > 0n; rest /= 10_000n)
    digits[count++] = Number(rest % 10_000n)
  return count
}
