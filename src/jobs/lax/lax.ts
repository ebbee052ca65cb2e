import type { TSchema } from 'typebox'

/** One thing that is wrong with a request, in the words that clients of the reference service know. */
export type Issue = {
  readonly type: string
  readonly loc: (string | number)[]
  readonly msg: string
  readonly ctx?: Readonly<Record<string, unknown>>
}

/**
 * Reads what a client sent as that service does: numbers may be texts, ids have many forms. What is wrong is added to
 * the issues, and then what is answered is of no use. The place of an issue grows from the inside out, so that a
 * request without one costs nothing for it.
 */
export type Lax<Value> = {
  read(given: unknown, issues: Issue[]): Value
  /** What the API document says of it. */
  readonly schema: TSchema
  /** What stands for it where it is left out; without one it must be there. */
  readonly fallback?: { readonly value: Value }
}

export type Read<Reading> = Reading extends Lax<infer Value> ? Value : never

/** Notes what is wrong. The answer stands where a value would, and nobody looks at it. */
export function wrong(issues: Issue[], type: string, msg: string, ctx?: Issue['ctx']): never {
  issues.push(ctx === undefined ? { type, loc: [], msg } : { type, loc: [], msg, ctx })
  return undefined as never
}

/** What a rule of ours says of a value that could be read. */
export const refuseValue = (issues: Issue[], why: string): never =>
  wrong(issues, 'value_error', `Value error, ${why}`, { error: {} })

/** Says of the issues that came since then that they lie inside of this. */
export function within(issues: readonly Issue[], since: number, place: string | number): void {
  for (let at = since; at < issues.length; at++) issues[at]?.loc.unshift(place)
}
