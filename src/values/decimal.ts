/**
 * An exact decimal as a whole number of its smallest part: `places` digits stand behind the point.
 * Whole, because sums of rounded fractions drift; no binary float takes part anywhere.
 */
const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** Reads `12.5` at nine places as 12500000000n; undefined when it is no decimal or has more places than fit. */
export function parseDecimal(text: string, places: number): bigint | undefined {
  const match = decimalPattern.exec(text)
  if (!match) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > places) return undefined
  const digits = BigInt((match[2] as string) + fraction.padEnd(places, '0'))
  return match[1] === '-' ? -digits : digits
}

const billion = 1_000_000_000

/** Nine digits of a whole number below a billion, zeros included. */
const nineDigits = (whole: number): string => String((billion + whole) | 0).slice(1)

/**
 * The text of a whole number, most often a small one: that of a bigint, or of a number beyond 32 bits, costs several times
 * as much as that of its halves.
 */
export function wholeText(whole: number | bigint): string {
  const number = Number(whole)
  if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) return String(whole)
  if (number < billion) return String(number | 0)
  const high = Math.floor(number / billion)
  return String(high) + nineDigits(number - high * billion)
}

/** `fixedText` at nine places, for numbers that are not large. */
function smallNanosText(whole: bigint): string | undefined {
  const number = Number(whole)
  if (number > Number.MAX_SAFE_INTEGER) return undefined
  const high = Math.floor(number / billion)
  return `${high}.${nineDigits(number - high * billion)}`
}

/** All `places` behind the point, as PostgreSQL prints a numeric of that scale: `12.500000000`. */
export function fixedText(whole: bigint, places: number): string {
  if (whole < 0n) return `-${fixedText(-whole, places)}`
  const small = places === 9 ? smallNanosText(whole) : undefined
  if (small !== undefined) return small
  const digits = whole.toString()
  if (places === 0) return digits
  const cut = digits.length - places
  return cut > 0 ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : `0.${digits.padStart(places, '0')}`
}

/** As short as it is exact, for people and JSON: `12.5`. */
export function decimalText(whole: bigint, places: number): string {
  const text = fixedText(whole, places)
  if (places === 0) return text
  let end = text.length
  while (text.charCodeAt(end - 1) === zero) end -= 1
  return text.slice(0, text.charCodeAt(end - 1) === point ? end - 1 : end)
}
const zero = 48
const point = 46

/** Half to the even neighbour, so that many roundings lean neither up nor down. The denominator is positive. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  const rest = numerator - quotient * denominator
  if (rest === 0n) return quotient
  const twice = rest < 0n ? -rest * 2n : rest * 2n
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient
  return numerator < 0n ? quotient - 1n : quotient + 1n
}

/** Half away from zero, as tax law often asks for. The denominator is positive. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const half = numerator < 0n ? -denominator : denominator
  return (numerator * 2n + half) / (denominator * 2n)
}

/** Towards minus infinity. The denominator is positive. */
export function divideFloor(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient
}

/** Towards plus infinity. The denominator is positive. */
export function divideCeiling(numerator: bigint, denominator: bigint): bigint {
  return -divideFloor(-numerator, denominator)
}
