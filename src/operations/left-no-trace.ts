import { asRefusal } from '../database/refusals.ts'
import { Problem } from '../http/problem.ts'

/** The connection was lost, or the epoch ended, and it is certain that nothing of the operation was kept. */
export class LeftNoTrace extends Error {}

/** What a caller is told of a failure of the database; anything else stays what it is. */
export function asProblem(error: unknown): unknown {
  if (error instanceof LeftNoTrace) {
    const refusal = asRefusal(error.cause)
    return new Problem(
      'database-unavailable',
      { detail: refusal instanceof Error ? refusal.message : undefined },
      error.cause,
    )
  }
  if ((error as { code?: unknown } | undefined)?.code === '53100') {
    return new Problem('database-full', { detail: (error as Error).message }, error)
  }
  return error
}
