import { zonedTime } from './period.ts'

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/**
 * Epoch milliseconds of what a person wrote: `2026-11-01` is the start of that day in the zone, a time such as
 * `2026-11-01T08:00:00Z` or `…+07:00` says its own zone. Undefined when it is neither.
 */
export function momentOf(text: string, zone: string): number | undefined {
  const [, year, month, day, rest] =
    /^(\d{4})-(\d\d)-(\d\d)(T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? []
  if (year === undefined || Number(month) < 1 || Number(month) > 12) return undefined
  if (Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month))) return undefined
  if (rest === undefined) {
    return zonedTime(
      { year: Number(year), month: Number(month), day: Number(day), hour: 0, minute: 0, second: 0 },
      zone,
    )
  }
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

let last = Number.NaN
let lastText = ''

/** RFC 3339 in UTC; many things end at one moment, so the last text is kept. */
export function momentText(ms: number): string {
  if (ms !== last) {
    lastText = new Date(ms).toISOString()
    last = ms
  }
  return lastText
}
