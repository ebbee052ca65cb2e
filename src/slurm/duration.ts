/**
 * Reads `[D-]HH:MM:SS`, `MM:SS` and `MM:SS.mmm` as milliseconds, whole numbers only. Slurm writes a CPU time below
 * one hour with milliseconds and a longer one without. Undefined when it is no duration.
 */
export function parseDuration(text: string): number | undefined {
  let days = 0
  let part = 0
  let total = 0
  let digits = 0
  let colons = 0
  let at = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) {
      part = part * 10 + code - 48
      digits++
    } else if (code === 58 && digits > 0) {
      total = total * 60 + part
      colons++
      part = digits = 0
    } else if (code === 45 && digits > 0 && colons === 0 && days === 0) {
      days = part
      part = digits = 0
    } else break
  }
  if (digits === 0 || colons === 0 || colons > 2) return undefined
  // `D-HH:MM` leaves the seconds out.
  const seconds = days > 0 && colons === 1 ? (total * 60 + part) * 60 : total * 60 + part
  if (at === text.length) return (days * 86_400 + seconds) * 1000
  const fraction = parseMilliseconds(text, at)
  return fraction === undefined ? undefined : (days * 86_400 + seconds) * 1000 + fraction
}

/** A whole number of at most 15 digits, faster than a pattern and Number; undefined when it is none. */
export function parseWhole(text: string): number | undefined {
  const length = text.length
  if (length === 0 || length > 15) return undefined
  let number = 0
  for (let at = 0; at < length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return undefined
    number = number * 10 + digit
  }
  return number
}

/** `.mmm` at the end of a text; what is finer than a millisecond is cut, as Slurm itself cuts it. */
function parseMilliseconds(text: string, at: number): number | undefined {
  const match = /^\.(\d{1,9})$/.exec(text.slice(at))
  return match ? Number((match[1] as string).padEnd(3, '0').slice(0, 3)) : undefined
}

/** A time limit in seconds: `3-04:06:00`; undefined for UNLIMITED, Partition_Limit and nothing. */
export function parseLimit(text: string): number | undefined {
  const milliseconds = parseDuration(text)
  return milliseconds === undefined ? undefined : milliseconds / 1000
}

/** Whole minutes as `TimelimitRaw` has them, in seconds. */
export function parseMinutes(text: string): number | undefined {
  const minutes = parseWhole(text)
  return minutes === undefined ? undefined : minutes * 60
}

/** As Slurm prints it: milliseconds only below one hour, and only when there are any. */
export function durationText(milliseconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const seconds = Math.floor(milliseconds / 1000)
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}-${two(hours)}:${two(minutes)}:${two(seconds % 60)}`
  const rest = milliseconds % 1000
  if (hours === 0 && rest > 0) return `${two(minutes)}:${two(seconds % 60)}.${String(rest).padStart(3, '0')}`
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}`
}

/**
 * Milliseconds as every format of Slurm would show them: from one hour on they are not shown, so a JSON dump, which
 * has them, must not know more than a text dump of the same job.
 */
export const shown = (milliseconds: number): number =>
  milliseconds >= 3_600_000 ? milliseconds - (milliseconds % 1000) : milliseconds

/** `4410` as `4.41`. */
export function secondsText(milliseconds: number): string {
  const rest = milliseconds % 1000
  const whole = String((milliseconds - rest) / 1000)
  return rest === 0 ? whole : `${whole}.${String(rest).padStart(3, '0').replace(/0+$/, '')}`
}
