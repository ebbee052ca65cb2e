import { assert } from './assert.ts'
import { changeBetween, dayMs, dayNumber, offsetAt, steadyOffset, type Zone, zoneOf } from './zone.ts'

export { isZone } from './zone.ts'

/** What a clock on the wall shows: month 1 to 12, hour 0 to 23. */
export type Local = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The two moments at which a wall shows this: the same twice, but for an hour that a change of the clock repeats. */
function moments(naive: number, zone: Zone): { earlier: number; later: number; skipped: boolean } {
  const before = naive - offsetAt(naive - dayMs, zone)
  const after = naive - offsetAt(naive + dayMs, zone)
  const beforeHolds = before + offsetAt(before, zone) === naive
  const afterHolds = after + offsetAt(after, zone) === naive
  // A time that the clock skips is read by the offset before the change, so it moves forward by what was skipped.
  if (!afterHolds) return { earlier: before, later: before, skipped: !beforeHolds }
  if (!beforeHolds) return { earlier: after, later: after, skipped: false }
  return { earlier: Math.min(before, after), later: Math.max(before, after), skipped: false }
}

/** Epoch milliseconds of a local time; `which` decides in the hour that is there twice. */
export function zonedTime(local: Local, zone: string, which: 'earlier' | 'later' = 'earlier'): number {
  const day = dayNumber(local.year, local.month, local.day)
  const naive = day * dayMs + ((local.hour * 60 + local.minute) * 60 + local.second) * 1000
  const known = zoneOf(zone)
  const steady = steadyOffset(day, known)
  return steady === undefined ? moments(naive, known)[which] : naive - steady
}

/** True in the hour that is there twice, when the clock is put back. */
export function isAmbiguous(local: Local, zone: string): boolean {
  return zonedTime(local, zone, 'earlier') !== zonedTime(local, zone, 'later')
}

/** What the clock on the wall of a zone shows. */
export function localOf(ms: number, zone: string): Local & { readonly offset: number } {
  const offset = offsetAt(ms, zoneOf(zone))
  const date = new Date(ms + offset)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    offset,
  }
}

/** For people: `2026-11-01 00:00:00+07:00`. */
export function localText(ms: number, zone: string): string {
  const { offset } = localOf(ms, zone)
  const clock = new Date(ms + offset)
    .toISOString()
    .replace('T', ' ')
    .replace(/(?:\.000)?Z$/, '')
  const minutes = Math.abs(Math.trunc(offset / 60_000))
  const two = (number: number) => String(number).padStart(2, '0')
  return `${clock}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/**
 * A period is the half-open interval of one local month, named by its first day. It begins at the first moment
 * at which the clock shows that day, so that no moment is in two periods or in none.
 */
type Month = { readonly name: string; readonly from: number; readonly to: number }
type Months = { last: Month; readonly byDay: Map<number, Month>; readonly byIndex: Map<number, Month> }
const monthsByZone = new Map<string, Months>()
const nowhere: Month = { name: '', from: 0, to: 0 }
const daysMax = 20_000

function monthStart(index: number, zone: Zone): number {
  const naive = dayNumber(Math.floor(index / 12), (index % 12) + 1, 1) * dayMs
  const { earlier, skipped } = moments(naive, zone)
  return skipped ? (changeBetween(naive - dayMs - 50_400_000, naive + dayMs + 50_400_000, zone) ?? earlier) : earlier
}

function monthAt(index: number, zone: string, months: Months): Month {
  const known = months.byIndex.get(index)
  if (known) return known
  const year = String(Math.floor(index / 12)).padStart(4, '0')
  const name = `${year}-${String((index % 12) + 1).padStart(2, '0')}-01`
  const month = { name, from: monthStart(index, zoneOf(zone)), to: monthStart(index + 1, zoneOf(zone)) }
  months.byIndex.set(index, month)
  return month
}

function monthsOf(zone: string): Months {
  let months = monthsByZone.get(zone)
  if (!months) {
    months = { last: nowhere, byDay: new Map(), byIndex: new Map() }
    monthsByZone.set(zone, months)
  }
  return months
}

function findMonth(ms: number, zone: string, months: Months): Month {
  const day = Math.floor(ms / dayMs)
  const known = months.byDay.get(day)
  if (known) return known
  const { year, month } = localOf(ms, zone)
  let found = monthAt(year * 12 + month - 1, zone, months)
  // Where midnight of the first comes twice, the clock may show the old month again.
  if (ms >= found.to) found = monthAt(year * 12 + month, zone, months)
  assert(found.from <= ms && ms < found.to, `no period has ${ms} in ${zone}`)
  if (found.from <= day * dayMs && (day + 1) * dayMs <= found.to) {
    if (months.byDay.size >= daysMax) months.byDay.clear()
    months.byDay.set(day, found)
  }
  return found
}

/** The local month of a moment, as the database names it: `2026-11-01`. */
export function periodOf(ms: number, zone: string): string {
  const months = monthsOf(zone)
  if (ms < months.last.from || ms >= months.last.to) months.last = findMonth(ms, zone, months)
  return months.last.name
}

/** The moments of a period: from `from` on, and before `to`. */
export function periodBounds(period: string, zone: string): { readonly from: number; readonly to: number } {
  const match = /^(\d{4})-(0[1-9]|1[0-2])-01$/.exec(period)
  assert(match, `not a period: ${period}`)
  const { from, to } = monthAt(Number(match[1]) * 12 + Number(match[2]) - 1, zone, monthsOf(zone))
  return { from, to }
}
