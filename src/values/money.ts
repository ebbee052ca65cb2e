import { assert } from './assert.ts'
import { decimalText, fixedText, parseDecimal } from './decimal.ts'

/** An ISO 4217 code, or `CREDIT`, the unit of prepaid credits. */
export type Currency = string

/**
 * Money is a whole number of nanos; one unit of its currency is 1_000_000_000 of them.
 * Whole, because sums of rounded fractions drift. Nanos, because one LLM token
 * costs far less than a cent.
 */
export type Money = { readonly currency: Currency; readonly nanos: bigint }

const moneyPlaces = 9
/** 1e15 units: no single grant, hold or charge reaches it, so that no sum of many leaves the range of an account. */
export const amountMax = 10n ** 24n
/** 1e20 units, the most that one wallet or transfer may reach. */
export const nanosMax = 10n ** 29n

export const isCurrency = (text: string): boolean => /^[A-Z][A-Z0-9]{2,7}$/.test(text)

/** Reads `4.37`; undefined when it is no decimal, has more than nine places, or is out of range. */
export function parseNanos(text: string): bigint | undefined {
  const nanos = parseDecimal(text, moneyPlaces)
  return nanos === undefined || nanos >= nanosMax || nanos <= -nanosMax ? undefined : nanos
}

/** As the database prints it: nine places. */
export const nanosFixed = (nanos: bigint): string => fixedText(nanos, moneyPlaces)

/** As people and JSON read it: no trailing zeros. */
export const nanosText = (nanos: bigint): string => decimalText(nanos, moneyPlaces)

/** Reads what the database holds; a text that is no money there is a bug. */
export function nanosFrom(text: string): bigint {
  const nanos = parseDecimal(text, moneyPlaces)
  assert(nanos !== undefined, `not an amount: ${text}`)
  return nanos
}

/**
 * Splits a sum by weights; the parts always add up to the whole. Rounding the running total, not each part,
 * leaves no remainder to place.
 */
export function split(nanos: bigint, weights: readonly bigint[]): bigint[] {
  const weightTotal = weights.reduce((sum, weight) => sum + weight, 0n)
  assert(weightTotal > 0n)
  let weightSeen = 0n
  let given = 0n
  return weights.map((weight) => {
    weightSeen += weight
    const due = (nanos * weightSeen) / weightTotal
    const part = due - given
    given = due
    return part
  })
}

/**
 * Rounds parts to `places` for a document so that they add up to the rounded whole: the remainder goes, one
 * smallest unit each, to the parts that lost most by being cut; ties by their key, so that it is always the same.
 */
export function roundToPlaces(parts: readonly { readonly key: string; readonly nanos: bigint }[], places: number) {
  const unit = 10n ** BigInt(moneyPlaces - places)
  const cut = parts.map(({ key, nanos }) => {
    const floor = (nanos - (((nanos % unit) + unit) % unit)) / unit
    return { key, units: floor, lost: nanos - floor * unit }
  })
  const lostTotal = cut.reduce((sum, part) => sum + part.lost, 0n)
  const floorTotal = cut.reduce((sum, part) => sum + part.units, 0n)
  // Half-even on the whole, then as many smallest units as the cuts left over.
  const rest = lostTotal % unit
  let units = lostTotal / unit
  if (rest * 2n > unit || (rest * 2n === unit && (floorTotal + units) % 2n !== 0n)) units += 1n
  const order = [...cut].sort((a, b) =>
    a.lost === b.lost ? (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) : a.lost > b.lost ? -1 : 1,
  )
  const raised = new Set(order.slice(0, Number(units)))
  return cut.map((part) => ({ key: part.key, nanos: (raised.has(part) ? part.units + 1n : part.units) * unit }))
}
