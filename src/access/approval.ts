import { parseNanos } from '../values/money.ts'

export type Verdict = 'approved' | 'rejected'
export const states = ['waiting', 'approved', 'rejected'] as const

/** A request as it was asked. */
export type Proposed = {
  /** The operation of its door. */
  readonly wanted: string
  readonly method: string
  readonly url: string
  readonly contentType: string | null
  readonly ifMatch: string | null
  readonly body: string | null
}

/** When a second person is wanted, and how a request is tried before it waits for one. */
export type ApprovalRule = {
  /** Up to so many nanos of any currency one person is enough; null: never. */
  readonly limit: bigint | null
  /** The same door, told so; another that answers as it would and changes nothing; null: it cannot be tried. */
  readonly tryAt: 'dryRun' | `/${string}` | null
}

/** By operation. */
export type ApprovalRules = Readonly<Record<string, ApprovalRule>>

/** Whether so much wants a second person. An amount that the request leaves open wants one. */
export function isOver({ limit }: ApprovalRule, amount: unknown): boolean {
  if (limit === null) return true
  const nanos = nanosOf(amount)
  return nanos === undefined || nanos > limit
}

/** Some doors take numbers as well: the next whole one counts. */
function nanosOf(amount: unknown): bigint | undefined {
  if (typeof amount === 'string') return parseNanos(amount)
  return typeof amount === 'number' && Number.isFinite(amount)
    ? parseNanos(String(BigInt(Math.ceil(amount))))
    : undefined
}

type Fields = { readonly [name: string]: unknown }

export const fieldsOf = (body: unknown): Fields => (typeof body === 'object' && body !== null ? (body as Fields) : {})
