/**
 * The text format of COPY. What is written here must be, byte for byte, what `COPY (select …) to stdout` gives
 * back (time zone UTC, datestyle ISO), because rows are digested on their way in and compared on their way out.
 */
const special = /[\\\n\r\t\b\f\v]/
const specials = /[\\\n\r\t\b\f\v]/g
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
}

export function copyText(text: string | null): string {
  if (text === null) return '\\N'
  return special.test(text) ? text.replace(specials, (character) => escapes[character] as string) : text
}

/** Of JSON as JSON.stringify makes it: it has no control characters, so that backslashes are all there is to escape. */
export const copyJson = (json: string): string => (json.includes('\\') ? copyText(json) : json)

/** A bytea; its backslash is doubled as COPY wants it. */
export const copyBytes = (bytes: Buffer): string => `\\\\x${bytes.toString('hex')}`

/** Usage comes from few days at a time; years of them are forgotten now and then. */
const dayTexts = new Map<number, string>()

/** The rows of a batch share few moments. */
let momentTexts = new Map<number, string>()

/** As PostgreSQL prints a timestamptz: `2026-11-21 08:38:28+00`, and `…28.5+00` with parts of a second. */
export function timestampText(ms: number): string {
  let text = momentTexts.get(ms)
  if (text === undefined) {
    if (momentTexts.size >= 256) momentTexts = new Map()
    momentTexts.set(ms, (text = timestampOf(ms)))
  }
  return text
}

function timestampOf(ms: number): string {
  const day = Math.floor(ms / 86_400_000)
  let dayText = dayTexts.get(day)
  if (dayText === undefined) {
    if (dayTexts.size > 4000) dayTexts.clear()
    dayText = dateText(day)
    dayTexts.set(day, dayText)
  }
  const inDay = ms - day * 86_400_000
  const seconds = Math.floor(inDay / 1000)
  const thousandths = inDay - seconds * 1000
  const hour = Math.floor(seconds / 3600)
  const minute = Math.floor(seconds / 60) % 60
  const clock = `${two(hour)}:${two(minute)}:${two(seconds % 60)}`
  if (thousandths === 0) return `${dayText} ${clock}+00`
  return `${dayText} ${clock}.${String(thousandths).padStart(3, '0').replace(/0+$/, '')}+00`
}

/** Years 1 to 9999; Bursar has no use for others. */
function dateText(day: number): string {
  const text = new Date(day * 86_400_000).toISOString()
  if (!/^\d{4}-/.test(text) || text.startsWith('0000')) throw new RangeError(`a date out of range: ${text}`)
  return text.slice(0, 10)
}

const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
const two = (number: number): string => pairs[number] as string

/** An array parameter of plain words (numbers, dates, hex): many times faster than to let the driver quote each. */
export const arrayOf = (words: readonly { toString(): string }[]): string => `{${words.join(',')}}`

/** An array parameter of texts. */
export function textArrayOf(texts: readonly string[]): string {
  let array = '{'
  for (const text of texts) {
    const quoted = quotable.test(text) ? text.replace(quotables, '\\$&') : text
    array += array.length === 1 ? `"${quoted}"` : `,"${quoted}"`
  }
  return `${array}}`
}
const quotable = /["\\]/
const quotables = /["\\]/g
