import { type Lax, wrong } from '../lax/lax.ts'
import { int } from '../lax/number.ts'

const greatest = 10n ** 30n
const usual = int({ ge: 0 })

/** Where a tier begins or ends: a whole number, larger than numbers of JavaScript can be. */
export const quantity = (): Lax<bigint> => ({
  schema: usual.schema,
  read(given, issues) {
    const large = largeFrom(given)
    if (large === undefined) {
      const before = issues.length
      const value = usual.read(given, issues)
      return issues.length > before ? 0n : BigInt(value)
    }
    if (large <= greatest) return large
    return wrong(issues, 'less_than_equal', `Input should be less than or equal to ${greatest}`, { le: 1e30 })
  },
})

function largeFrom(given: unknown): bigint | undefined {
  if (typeof given === 'bigint') return given < 0n ? undefined : given
  if (typeof given === 'string') return /^\d{16,400}$/.test(given) ? BigInt(given) : undefined
  return typeof given === 'number' && given > Number.MAX_SAFE_INTEGER && Number.isInteger(given)
    ? BigInt(given)
    : undefined
}

/** As a number of JSON, whatever its size. */
export const quantityShown = (text: string): number =>
  Number.isSafeInteger(Number(text)) ? Number(text) : (JSON as unknown as Raw).rawJSON(text)
type Raw = { rawJSON(text: string): number }
