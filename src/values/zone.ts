import { assert } from './assert.ts'

/**
 * Offsets of an IANA zone from UTC, in milliseconds, remembered by UTC day: asking Intl costs microseconds, and
 * usage comes by the million. A day with one change of the clock remembers the moment of it.
 */
export const dayMs = 86_400_000
const daysMax = 20_000

type Day = { readonly before: number; readonly changesAt: number; readonly after: number }
export type Zone = {
  readonly name: string
  readonly format: Intl.DateTimeFormat
  readonly days: Map<number, Day>
  /** Local days during and around which the offset is one and the same. */
  readonly steady: Map<number, number>
}

const zones = new Map<string, Zone>()

/** An IANA name, not a bare offset such as +07:00: a site lives by the rules of a place. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    zoneOf(name)
    return true
  } catch {
    return false
  }
}

export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const zone = { name, format, days: new Map(), steady: new Map() }
  zones.set(name, zone)
  return zone
}

/** Days from 1970-01-01 to a day of the Gregorian calendar; Date.UTC would take the year 26 for 1926. */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function askIntl(ms: number, zone: Zone): number {
  const field: Record<string, number> = {}
  let era = 'AD'
  for (const { type, value } of zone.format.formatToParts(ms)) {
    if (type === 'era') era = value
    else if (type !== 'literal') field[type] = Number(value)
  }
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = field
  const days = dayNumber(era === 'AD' ? year : 1 - year, month, day)
  const seconds = Math.floor(ms / 1000)
  return (days * 86_400 + hour * 3600 + minute * 60 + second - seconds) * 1000
}

function readDay(number: number, zone: Zone): Day {
  const start = number * dayMs
  const before = askIntl(start, zone)
  const after = askIntl(start + dayMs, zone)
  if (before === after) return { before, changesAt: start + dayMs, after }
  let low = start
  let high = start + dayMs
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000
    if (askIntl(middle, zone) === before) low = middle
    else high = middle
  }
  return { before, changesAt: high, after }
}

function dayOf(ms: number, zone: Zone): Day {
  const number = Math.floor(ms / dayMs)
  const known = zone.days.get(number)
  if (known) return known
  assert(Number.isFinite(ms), `not a time: ${ms}`)
  if (zone.days.size >= daysMax) zone.days.clear()
  const day = readDay(number, zone)
  zone.days.set(number, day)
  return day
}

export function offsetAt(ms: number, zone: Zone): number {
  const day = dayOf(ms, zone)
  return ms < day.changesAt ? day.before : day.after
}

/** The one offset that holds on a local day and the days around it; undefined when the clock changes there. */
export function steadyOffset(localDay: number, zone: Zone): number | undefined {
  const known = zone.steady.get(localDay)
  if (known !== undefined) return known
  const offset = offsetAt((localDay - 1) * dayMs, zone)
  for (let day = localDay - 1; day <= localDay + 2; day += 1) {
    const { before, after } = dayOf(day * dayMs, zone)
    if (before !== offset || after !== offset) return undefined
  }
  if (zone.steady.size >= daysMax) zone.steady.clear()
  zone.steady.set(localDay, offset)
  return offset
}

/** The moment at which the clock changes between two moments a few days apart; undefined when it does not. */
export function changeBetween(from: number, to: number, zone: Zone): number | undefined {
  for (let day = Math.floor(from / dayMs); day * dayMs < to; day += 1) {
    const { before, after, changesAt } = dayOf(day * dayMs, zone)
    if (before !== after && changesAt >= from && changesAt <= to) return changesAt
  }
  return undefined
}
