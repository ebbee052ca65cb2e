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

/** So many nanos in each of some currencies, and in all others; undefined: in those everything waits. */
export type ApprovalLimits = { readonly others: bigint | undefined; readonly of: ReadonlyMap<string, bigint> }

/** `1000`, or `THB=35000,JPY=150000,1000`: a sum for each currency, and one for all others. Undefined: neither. */
export function limitsIn(text: string): ApprovalLimits | undefined {
  const of = new Map<string, bigint>()
  let others: bigint | undefined
  for (const part of text.split(',')) {
    const [, code, amount = ''] = /^\s*(?:([A-Z][A-Z0-9]{2,7})\s*=)?\s*(\S+)\s*$/.exec(part) ?? []
    const nanos = parseNanos(amount)
    if (nanos === undefined || nanos < 0n || (code === undefined ? others !== undefined : of.has(code)))
      return undefined
    if (code === undefined) others = nanos
    else of.set(code, nanos)
  }
  return { others, of }
}

/** In a currency that nobody knows yet the least of all limits holds. */
export function limitIn({ others = 0n, of }: ApprovalLimits, currency: string | undefined): bigint {
  if (currency !== undefined) return of.get(currency) ?? others
  return [...of.values()].reduce((least, limit) => (limit < least ? limit : least), others)
}

/** Whether so much wants a second person. An amount that the request leaves open wants one. */
export function isOver(limit: ApprovalLimits | null, amount: unknown, currency: string | undefined): boolean {
  if (limit === null) return true
  const nanos = nanosOf(amount)
  return nanos === undefined || nanos > limitIn(limit, currency)
}

/** Some doors take numbers as well: the next whole one counts. */
export function nanosOf(amount: unknown): bigint | undefined {
  if (typeof amount === 'string') return parseNanos(amount)
  return typeof amount === 'number' && Number.isFinite(amount)
    ? parseNanos(String(BigInt(Math.ceil(amount))))
    : undefined
}

type Fields = { readonly [name: string]: unknown }

export const fieldsOf = (body: unknown): Fields => (typeof body === 'object' && body !== null ? (body as Fields) : {})
