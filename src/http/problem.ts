import { type ProblemType, problems } from './problems.ts'

/** A refusal that a caller sees (RFC 9457). Thrown inside an operation, it rolls the operation back. */
export class Problem extends Error {
  readonly type: ProblemType
  readonly status: number
  readonly title: string
  readonly detail: Readonly<Record<string, unknown>>

  constructor(type: ProblemType, detail: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    const { status, title } = problems[type]
    super(title, cause === undefined ? {} : { cause })
    this.name = 'Problem'
    this.type = type
    this.status = status
    this.title = title
    this.detail = detail
  }

  /** The body of `application/problem+json`; a `detail` text among the members is RFC 9457's own. */
  body(): Readonly<Record<string, unknown>> {
    return { ...this.detail, type: `/problems/${this.type}`, title: this.title, status: this.status }
  }
}

/** What was looked for, or the refusal that it is not there. */
export function orNotFound<Thing>(found: Thing | undefined): Thing {
  if (found === undefined) throw new Problem('not-found')
  return found
}
