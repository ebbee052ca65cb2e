import { isAmbiguous, zonedTime } from '../values/period.ts'

/** Slurm's words for "no such time". */
const nothing = new Set(['', 'Unknown', 'None', 'N/A', 'NONE', '(null)', 'INVALID'])

type Quarter = { readonly earlier: number; readonly later: number }
const quartersMax = 50_000
const stamp = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?$/

/** The number of two digits; negative when they are none. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/**
 * Reads the times of a dump: local text in one zone, text that names its offset, epoch seconds. The offset is
 * looked up once for each quarter of an hour, because no zone changes its clock in between.
 */
export class Clock {
  /** Set when a time was read that the clock showed twice; the reader resets it and settles such rows slowly. */
  doubtful = false
  readonly #zone: string
  readonly #quarters = new Map<number, Quarter>()

  constructor(zone: string) {
    this.#zone = zone
  }

  /** Epoch milliseconds, the earlier one where there are two; undefined for no time, NaN for no sense. */
  read(text: string): number | undefined {
    if (text.length === 19 && text.charCodeAt(10) === 84) {
      const local = this.#readLocal(text)
      if (local !== undefined) return local
    }
    if (nothing.has(text)) return undefined
    if (/^\d{1,11}$/.test(text)) return text === '0' ? undefined : Number(text) * 1000
    return this.#readStamp(text)
  }

  /** All moments that a text may mean: one, or two in the hour that comes twice. */
  candidates(text: string): number[] {
    this.doubtful = false
    const earlier = this.read(text)
    if (earlier === undefined || Number.isNaN(earlier)) return []
    if (!this.doubtful) return [earlier]
    const quarter = this.#quarterOf(text, two(text, 14))
    return quarter ? [earlier, earlier - quarter.earlier + quarter.later] : [earlier]
  }

  /** Undefined when this is no time after all. */
  #readLocal(text: string): number | undefined {
    const minute = two(text, 14)
    const second = two(text, 17)
    if (minute < 0 || minute > 59 || second < 0 || second > 60) return undefined
    const quarter = this.#quarterOf(text, minute)
    if (!quarter) return undefined
    if (quarter.earlier !== quarter.later) this.doubtful = true
    return quarter.earlier + ((minute % 15) * 60 + second) * 1000
  }

  #quarterOf(text: string, minute: number): Quarter | undefined {
    const [century, year, month, day, hour] = [two(text, 0), two(text, 2), two(text, 5), two(text, 8), two(text, 11)]
    if (century < 19 || year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23) return undefined
    const hours = ((((century - 19) * 100 + year) * 12 + month) * 32 + day) * 24 + hour
    const key = hours * 4 + (minute - (minute % 15)) / 15
    const known = this.#quarters.get(key)
    if (known) return known
    const local = { year: century * 100 + year, month, day, hour, minute: minute - (minute % 15), second: 0 }
    // 31 February would otherwise be a day in March.
    if (day > new Date(Date.UTC(local.year, month, 0)).getUTCDate()) return undefined
    const earlier = zonedTime(local, this.#zone)
    const later = isAmbiguous(local, this.#zone) ? zonedTime(local, this.#zone, 'later') : earlier
    if (this.#quarters.size >= quartersMax) this.#quarters.clear()
    const quarter = { earlier, later }
    this.#quarters.set(key, quarter)
    return quarter
  }

  #readStamp(text: string): number {
    const match = stamp.exec(text)
    if (!match) return Number.NaN
    const [, year, month, day, hour, minute, second, offset] = match
    if (offset === undefined)
      return this.#readLocal(`${year}-${month}-${day}T${hour}:${minute}:${second}`) ?? Number.NaN
    const zone = offset === 'Z' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(3).replace(':', '') || '00'}`
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`)
  }
}

export type Times = { submit: number; eligible: number; start: number; end: number }
type Choices = { readonly [Name in keyof Times]: readonly number[] }

/**
 * Settles times that may mean two moments. Start and end are the pair whose distance is what the job ran (with what
 * it was suspended); the rest comes before the start, and as late as it can, unless Slurm says how long it waited.
 */
export function settleTimes(choices: Choices, wall: number, waited: number | undefined): Partial<Times> {
  const pairs = choices.start.flatMap((start) => choices.end.map((end) => ({ start, end })))
  const off = ({ start, end }: { start: number; end: number }) => Math.abs(end - start - wall)
  const best = pairs.reduce<{ start: number; end: number } | undefined>(
    (found, pair) => (found && off(found) <= off(pair) ? found : pair),
    undefined,
  )
  const start = best?.start ?? choices.start[0]
  const before = (moments: readonly number[]) => {
    if (start === undefined) return moments[0]
    if (waited !== undefined && moments.includes(start - waited)) return start - waited
    return moments.findLast((moment) => moment <= start) ?? moments[0]
  }
  const settled = {
    submit: before(choices.submit),
    eligible: before(choices.eligible),
    start,
    end: best?.end ?? choices.end[0],
  }
  return Object.fromEntries(Object.entries(settled).filter(([, moment]) => moment !== undefined))
}
