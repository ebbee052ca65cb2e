import { Type } from 'typebox'
import { divideHalfEven } from '../../values/decimal.ts'
import { amountMax } from '../../values/money.ts'
import { type Issue, type Lax, wrong } from './lax.ts'

type Bounds = { readonly gt?: number; readonly ge?: number; readonly le?: number }

const safeMax = Number.MAX_SAFE_INTEGER

/** A whole number, also as `2.0` and as `"10"`. None is larger than what a number holds exactly. */
export const int = (bounds: Bounds = {}): Lax<number> => ({
  schema: Type.Integer(documented(bounds)),
  read(given, issues) {
    const value = intFrom(given, issues)
    if (value === undefined) return undefined as never
    if (value > safeMax) return wrong(issues, 'less_than_equal', lessEqual(safeMax), { le: safeMax })
    if (value < -safeMax) return wrong(issues, 'greater_than_equal', greaterEqual(-safeMax), { ge: -safeMax })
    const out = outside(value, bounds)
    return out ? wrong(issues, ...out) : value
  },
})

function intFrom(given: unknown, issues: Issue[]): number | undefined {
  switch (typeof given) {
    case 'number':
      if (Number.isInteger(given)) return given
      if (!Number.isFinite(given)) return wrong(issues, 'finite_number', 'Input should be a finite number')
      return wrong(issues, 'int_from_float', 'Input should be a valid integer, got a number with a fractional part')
    case 'string':
      if (/^\s*[+-]?\d[\d_]{0,400}(\.0*)?\s*$/.test(given)) return Number(given.replaceAll('_', ''))
      return wrong(issues, 'int_parsing', 'Input should be a valid integer, unable to parse string as an integer')
    case 'bigint':
      return Number(given)
    case 'boolean':
      return given ? 1 : 0
    default:
      return wrong(issues, 'int_type', 'Input should be a valid integer')
  }
}

/** An exact decimal: `digits` of which the last `places` stand behind the point. */
export type Exact = { readonly digits: bigint; readonly places: number }

const digitsMax = 60

/** A decimal as number or text; a number is taken by the shortest text that means it. */
export const decimal = (bounds: Bounds = {}): Lax<Exact> => ({
  schema: decimalSchema(bounds),
  read(given, issues) {
    const exact = exactFrom(given, issues)
    if (exact === undefined) return undefined as never
    const out = outsideExact(exact, bounds)
    return out ? wrong(issues, ...out) : exact
  },
})

/** What is paid or set aside, in nanos, below 1e15. More than nine places are rounded, half to even. */
export const money = (bounds: Bounds = {}): Lax<bigint> => ({
  schema: decimalSchema(bounds),
  read(given, issues) {
    const exact = exactFrom(given, issues)
    if (exact === undefined) return undefined as never
    const out = outsideExact(exact, bounds)
    if (out) return wrong(issues, ...out)
    const nanos = nanosOf(exact)
    if (nanos >= amountMax)
      return wrong(issues, 'less_than', 'Input should be less than 1000000000000000', { lt: 1e15 })
    const { gt } = bounds
    if (gt === 0 && nanos === 0n) {
      return wrong(issues, 'greater_than_equal', 'Input should be greater than or equal to 0.000000001', { ge: 1e-9 })
    }
    return nanos
  },
})

const nanosOf = ({ digits, places }: Exact): bigint =>
  places <= 9 ? digits * 10n ** BigInt(9 - places) : divideHalfEven(digits, 10n ** BigInt(places - 9))

function exactFrom(given: unknown, issues: Issue[]): Exact | undefined {
  if (typeof given !== 'string' && typeof given !== 'number' && typeof given !== 'bigint') {
    const msg = 'Decimal input should be an integer, float, string or Decimal object'
    return wrong(issues, 'decimal_type', msg)
  }
  const text = String(given).trim()
  const match = decimalForm.exec(text)
  if (!match) {
    if (/^[+-]?(s?nan\d*|inf(inity)?)$/i.test(text)) {
      return wrong(issues, 'finite_number', 'Input should be a finite number')
    }
    return wrong(issues, 'decimal_parsing', 'Input should be a valid decimal')
  }
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const bare = (whole + fraction).replaceAll('_', '')
  const places = fraction.replaceAll('_', '').length - Number(exponent)
  // An exponent of many digits would make a number that fills the memory.
  if (bare.length > digitsMax || places > digitsMax || places < -digitsMax) {
    const msg = `Decimal input should have no more than ${digitsMax} digits in total`
    return wrong(issues, 'decimal_max_digits', msg, { max_digits: digitsMax })
  }
  const digits = BigInt(bare) * (sign === '-' ? -1n : 1n)
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}

const decimalForm = /^([+-]?)(?=\.?\d)([\d_]*)(?:\.([\d_]*))?(?:[eE]([+-]?\d{1,9}))?$/

type Out = readonly [type: string, msg: string, ctx: Issue['ctx']]

/** The bounds of decimals are small whole numbers, so that the digits alone tell. */
function outsideExact({ digits, places }: Exact, { gt, ge, le }: Bounds): Out | undefined {
  const unit = 10n ** BigInt(places)
  if (gt !== undefined && digits <= BigInt(gt) * unit) return outside(gt, { gt })
  if (ge !== undefined && digits < BigInt(ge) * unit) return outside(ge - 1, { ge })
  if (le !== undefined && digits > BigInt(le) * unit) return outside(le + 1, { le })
  return undefined
}

function outside(value: number, { gt, ge, le }: Bounds): Out | undefined {
  if (gt !== undefined && value <= gt) return ['greater_than', `Input should be greater than ${gt}`, { gt }]
  if (ge !== undefined && value < ge) return ['greater_than_equal', greaterEqual(ge), { ge }]
  if (le !== undefined && value > le) return ['less_than_equal', lessEqual(le), { le }]
  return undefined
}

const greaterEqual = (bound: number) => `Input should be greater than or equal to ${bound}`
const lessEqual = (bound: number) => `Input should be less than or equal to ${bound}`

const documented = ({ gt, ge, le }: Bounds) => ({
  ...(gt !== undefined && { exclusiveMinimum: gt }),
  ...(ge !== undefined && { minimum: ge }),
  ...(le !== undefined && { maximum: le }),
})

const decimalSchema = (bounds: Bounds) =>
  Type.Unsafe<number | string>({
    anyOf: [{ type: 'number', ...documented(bounds) }, { type: 'string' }],
    description: 'a decimal, as a number or as text',
  })
