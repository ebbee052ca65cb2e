import { Type } from 'typebox'
import { type Issue, type Lax, within, wrong } from './lax.ts'
import { int } from './number.ts'

/** A time as microseconds since 1970 in UTC: as exact as the database keeps it. */
export type Micros = bigint

const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?$/

/** ISO 8601 with its zone, or seconds since 1970. */
export const moment = (): Lax<Micros> => ({
  schema: Type.String({ format: 'date-time', description: 'a time with its zone, or seconds since 1970' }),
  read(given, issues) {
    if (typeof given === 'number' || typeof given === 'bigint') return sinceEpoch(Number(given), issues)
    if (typeof given !== 'string') return wrong(issues, 'datetime_type', 'Input should be a valid datetime')
    if (/^\s*[+-]?\d+(\.\d+)?\s*$/.test(given)) return sinceEpoch(Number(given), issues)
    const match = form.exec(given.trim())
    const micros = match && microsOf(match)
    if (!match || micros == null) {
      const error = given.trim().length < 10 ? 'input is too short' : 'it is no day or time that there is'
      return wrong(issues, 'datetime_from_date_parsing', `Input should be a valid datetime or date, ${error}`, {
        error,
      })
    }
    return match[8] === undefined ? wrong(issues, 'timezone_aware', 'Input should have timezone info') : micros
  },
})

/** Seconds since 1970 as a whole number. A fault of its form lies one deeper, as in the service that clients know. */
export const epochSeconds = (): Lax<number> => {
  const seconds = int()
  return {
    schema: Type.Integer({ description: 'seconds since 1970' }),
    read(given, issues) {
      const before = issues.length
      const value = seconds.read(given, issues)
      if (issues.length > before) within(issues, before, 0)
      return value
    },
  }
}

/** As all answers say it: UTC, with microseconds where there are some. */
export function microsText(micros: Micros): string {
  const rest = ((micros % million) + million) % million
  const whole = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)
  return rest === 0n ? `${whole}Z` : `${whole}.${String(rest).padStart(6, '0')}Z`
}

const million = 1_000_000n
/** Years 1 to 9999. */
const firstMs = -62_135_596_800_000
const lastMs = 253_402_300_799_999

/** Beyond this, a number means milliseconds. */
const secondsMax = 2e10

function sinceEpoch(number: number, issues: Issue[]): Micros {
  const ms = Math.abs(number) > secondsMax ? number : number * 1000
  if (ms >= firstMs && ms <= lastMs) return BigInt(Math.round(ms * 1000))
  const error = 'dates after 9999 are not supported as unix timestamps'
  return wrong(issues, 'datetime_parsing', `Input should be a valid datetime, ${error}`, { error })
}

function microsOf(match: RegExpExecArray): Micros | undefined {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // Of a day that no month has, JavaScript makes another one in silence.
  if (Number.isNaN(at.getTime()) || at.getUTCDate() !== Number(day) || Number(hour) > 23 || year === '0000')
    return undefined
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? []
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  const ms = at.getTime() - offset
  if (ms < firstMs || ms > lastMs) return undefined
  return BigInt(ms) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}
