import { divideHalfEven } from '../values/decimal.ts'

/** An exact rational with a positive denominator, in lowest terms. For compiling and explaining, never per record. */
export type Fraction = { readonly top: bigint; readonly bottom: bigint }

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

export const lcm = (a: bigint, b: bigint): bigint => (a / gcd(a, b)) * b

export function fraction(top: bigint, bottom = 1n): Fraction {
  const common = gcd(top, bottom)
  const sign = bottom < 0n ? -1n : 1n
  return { top: (sign * top) / common, bottom: (sign * bottom) / common }
}

export const zero: Fraction = { top: 0n, bottom: 1n }
export const one: Fraction = { top: 1n, bottom: 1n }
export const plus = (a: Fraction, b: Fraction) => fraction(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom)
export const minus = (a: Fraction, b: Fraction) => fraction(a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom)
export const times = (a: Fraction, b: Fraction) => fraction(a.top * b.top, a.bottom * b.bottom)
export const over = (a: Fraction, b: Fraction) => fraction(a.top * b.bottom, a.bottom * b.top)
export const isLess = (a: Fraction, b: Fraction): boolean => a.top * b.bottom < b.top * a.bottom
export const ceiling = (a: Fraction): bigint => {
  const whole = a.top / a.bottom
  return whole * a.bottom < a.top ? whole + 1n : whole
}

/** Reads `12.50`, with any number of places; undefined when it is no decimal without a sign. */
export function parseFraction(text: string): Fraction | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const places = match[2] ?? ''
  return fraction(BigInt(`${match[1]}${places}`), 10n ** BigInt(places.length))
}

/** A whole number of `places` behind the point, rounded half to even. */
export const toPlaces = (value: Fraction, places: number): bigint =>
  divideHalfEven(value.top * 10n ** BigInt(places), value.bottom)

/** As a decimal where one exists, else as `top/bottom`: never rounded. */
export function fractionText(value: Fraction): string {
  let rest = value.bottom
  let [twos, fives] = [0, 0]
  for (; rest % 2n === 0n; rest /= 2n) twos += 1
  for (; rest % 5n === 0n; rest /= 5n) fives += 1
  if (rest !== 1n) return `${value.top}/${value.bottom}`
  const places = Math.max(twos, fives)
  const digits = ((value.top < 0n ? -value.top : value.top) * 10n ** BigInt(places)) / value.bottom
  const text = digits.toString().padStart(places + 1, '0')
  const cut = text.length - places
  return `${value.top < 0n ? '-' : ''}${text.slice(0, cut)}${places > 0 ? `.${text.slice(cut)}` : ''}`
}
