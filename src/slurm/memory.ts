import { wholeText } from '../values/decimal.ts'
import { parseWhole } from './duration.ts'

/** An exact amount: `whole` divided by ten to the power of `places`. A plain number wherever that is exact. */
export type Amount = { readonly whole: number | bigint; readonly places: number }

const powers: Record<string, number> = { '': 0, B: 0, K: 10, M: 20, G: 30, T: 40, P: 50, E: 60 }
const amountPattern = /^(\d{1,24})(?:\.(\d{1,9}))?([KMGTPEkmgtpeB]?)$/

/** Slurm's memory with suffixes of 1024: `187.50G`, `1537M`, `0`; without a suffix in units of `1 << plain` bytes. */
export function parseMemory(text: string, plain = 0): Amount | undefined {
  return shortMemory(text, plain) ?? anyMemory(text, plain)
}

/** Whole numbers that are exact as such: nearly all, and a tenth of the work. */
function shortMemory(text: string, plain: number): Amount | undefined {
  const last = text.length - 1
  const power = text.charCodeAt(last) > 57 ? powers[text.charAt(last)] : plain
  const number = parseWhole(power === plain && text.charCodeAt(last) <= 57 ? text : text.slice(0, last))
  if (power === undefined || number === undefined || number >= 2 ** (53 - power)) return undefined
  return { whole: number * 2 ** power, places: 0 }
}

function anyMemory(text: string, plain: number): Amount | undefined {
  const match = amountPattern.exec(text)
  if (!match) return undefined
  const [, digits, fraction = '', suffix] = match
  const power = suffix ? (powers[suffix.toUpperCase()] as number) : plain
  const scaled = BigInt(digits + fraction) << BigInt(power)
  return shortest(scaled, fraction.length)
}

/** The same amount with as few places as it can have. */
function shortest(whole: bigint, places: number): Amount {
  while (places > 0 && whole % 10n === 0n) {
    whole /= 10n
    places--
  }
  return { whole: narrow(whole), places }
}

export const narrow = (whole: bigint): number | bigint =>
  whole <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(whole) : whole

/** Exact: as a number where that is safe, else as a bigint. */
export function times(one: number | bigint, other: number): number | bigint {
  if (typeof one === 'number') {
    const product = one * other
    if (Number.isSafeInteger(product)) return product
  }
  return BigInt(one) * BigInt(other)
}

/** Adds exactly, in the finer places of the two. */
export function plus(one: Amount, other: Amount): Amount {
  if (one.places === 0 && other.places === 0 && typeof one.whole === 'number' && typeof other.whole === 'number') {
    const sum = one.whole + other.whole
    if (Number.isSafeInteger(sum)) return { whole: sum, places: 0 }
  }
  const places = Math.max(one.places, other.places)
  const at = (amount: Amount) => BigInt(amount.whole) * 10n ** BigInt(places - amount.places)
  return shortest(at(one) + at(other), places)
}

/** As a plain decimal: `1428076625.92`. */
export function amountText({ whole, places }: Amount): string {
  if (places === 0) return wholeText(whole)
  const digits = String(whole).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}

/**
 * What a job asked for before Slurm 21.08: `4000Mc` for each CPU, `4Gn` for each node; later ones say the total.
 */
export function parseRequestedMemory(text: string, cpus: number, nodes: number): Amount | undefined {
  const each = /[cn]$/.exec(text)?.[0]
  const amount = parseMemory(each ? text.slice(0, -1) : text, 20)
  if (!amount || !each) return amount
  return { whole: times(amount.whole, each === 'c' ? cpus : nodes), places: amount.places }
}
