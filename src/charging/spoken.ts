import { grouped } from '../terminal/number.ts'
import { decimalText, divideHalfEven, parseDecimal } from '../values/decimal.ts'
import { nanosText } from '../values/money.ts'

const hour = 3600n
const gib = 1n << 30n

/** What people call a quantity of some meter: how many base units make one of theirs, and its name. */
const spokenUnits: readonly (readonly [meter: RegExp, size: bigint, unit: string])[] = [
  [/^cpu_core_seconds$/, hour, 'core-hours'],
  [/^cpu_used_seconds$/, hour, 'CPU-hours'],
  [/^gpu_(\w+_)?seconds$/, hour, 'GPU-hours'],
  [/^node_seconds$/, hour, 'node-hours'],
  [/^memory_(used_)?byte_seconds$/, hour * gib, 'GiB-hours'],
  [/^licence_\w+_seconds$/, hour, 'licence-hours'],
  [/^energy_joules$/, 3_600_000n, 'kWh'],
]

const places = 4

/** `921600` core-seconds as `256 core-hours`; `≈` where four places do not hold it. Empty for other meters. */
export function spokenQuantity(meter: string, quantity: string): string {
  const [, size, unit] = spokenUnits.find(([pattern]) => pattern.test(meter)) ?? []
  const nanos = parseDecimal(quantity, 9)
  if (size === undefined || nanos === undefined) return ''
  const whole = size * 10n ** BigInt(9 - places)
  const rounded = divideHalfEven(nanos, whole)
  if (rounded === 0n && nanos > 0n) return `< 0.0001 ${unit}`
  const text = `${grouped(decimalText(rounded, places))} ${unit}`
  return rounded * whole === nanos ? text : `≈ ${text}`
}

const expansionPlaces = 12

/** `1/300` as `1/300 = 0.003333333333…`: what is exact, and what one can compare with. */
export function expanded(exact: string): string {
  const [, sign = '', numerator, denominator] = /^(-?)(\d+)\/(\d+)$/.exec(exact) ?? []
  if (numerator === undefined || denominator === undefined) return grouped(exact)
  const cut = (BigInt(numerator) * 10n ** BigInt(expansionPlaces)) / BigInt(denominator)
  const digits = cut.toString().padStart(expansionPlaces + 1, '0')
  const decimal = `${grouped(digits.slice(0, -expansionPlaces))}.${digits.slice(-expansionPlaces)}…`
  return `${sign}${grouped(numerator)}/${grouped(denominator)} = ${sign}${decimal}`
}

/** The numbers of a formula, grouped by thousands. */
export const groupedFormula = (formula: string): string =>
  formula.replace(/(?<![\w.])\d+(?:\.\d+)?/g, (number) => grouped(number))

/** Amounts that stand under each other: all with as many places as the longest. */
export function amountColumn(amounts: readonly bigint[]): string[] {
  const texts = amounts.map(nanosText)
  const most = Math.max(2, ...texts.map((text) => text.split('.')[1]?.length ?? 0))
  return texts.map((text) => grouped(text, most))
}
