/**
 * Everything a caller may be refused for: a closed catalogue. A new one is a line here, a page in docs/problems/,
 * and a test that provokes it.
 */
export const problems = {
  'request-invalid': { status: 400, title: 'The request is not as it must be.' },
  'principal-required': { status: 401, title: 'The request does not say who asks.' },
  'not-allowed': { status: 403, title: 'This principal may not do that.' },
  'not-found': { status: 404, title: 'There is no such thing.' },
  'idempotency-key-reused': { status: 409, title: 'This idempotency key was used with another input.' },
  'period-closed': { status: 409, title: 'The period is closed and takes no more transfers.' },
  'price-in-use': { status: 409, title: 'This price has been charged and can no longer change.' },
  'price-overlaps': { status: 409, title: 'Prices of one thing overlap or leave a gap.' },
  'parties-changed': { status: 409, title: 'The parties changed since the difference was shown.' },
  'body-too-large': { status: 413, title: 'The body is larger than this door takes.' },
  'price-invalid': { status: 422, title: 'The price has a mistake.' },
  'internal-error': { status: 500, title: 'Something broke in Bursar; its log says what.' },
  'outcome-unknown': {
    status: 503,
    title: 'The database was lost while this was written down: ask again with the same key.',
  },
  'database-unavailable': { status: 503, title: 'The database cannot be reached; nothing was changed.' },
  'database-full': { status: 507, title: 'The disk of the database is full; nothing was changed.' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>

export type ProblemType = keyof typeof problems
