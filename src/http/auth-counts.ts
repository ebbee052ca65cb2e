import type { Metrics } from './metrics.ts'
import { Problem } from './problem.ts'

/** What the guard tells of whoever comes to the doors. */
export type AuthCounts = {
  /** Looked up; whoever was known a moment ago is not counted again. */
  admitted(): void
  refused(error: unknown): void
}

/** Under the names that dashboards know them by. */
export function authCounts({ counter }: Pick<Metrics, 'counter'>): AuthCounts {
  const success = counter({ name: 'auth_login_success_total', help: 'Keys and tokens that were looked up and taken.' })
  const failure = counter({
    name: 'auth_login_failure_total',
    help: 'Requests with no key or token, or one that is not taken.',
    labels: ['reason'],
  })
  const lockout = counter({
    name: 'auth_lockout_active_total',
    help: 'Requests that failed and are not told why, because too many before them did.',
  })
  const forbidden = counter({
    name: 'auth_forbidden_redirect_total',
    help: 'Requests that were turned away: the role of the principal does not include them.',
  })
  return {
    admitted: () => success(),
    refused: (error) => {
      const type = error instanceof Problem ? error.type : 'internal-error'
      if (type === 'too-many-failures') lockout()
      else if (type === 'not-allowed') forbidden()
      else failure({ reason: type })
    },
  }
}
