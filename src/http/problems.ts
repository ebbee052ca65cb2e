/**
 * Everything a caller may be refused for: a closed catalogue. A new one is a line here, a page in docs/problems/,
 * and a test that provokes it.
 */
export const problems = {
  'request-invalid': { status: 400, title: 'The request is not as it must be.' },
  'principal-required': { status: 401, title: 'The request does not say who asks.' },
  'credentials-invalid': { status: 401, title: 'The key or token is not taken.' },
  'insufficient-credits': { status: 402, title: 'The wallet does not hold enough credits.' },
  'budget-exhausted': { status: 402, title: 'A budget does not allow that much more.' },
  'not-allowed': { status: 403, title: 'This principal may not do that.' },
  'approval-by-proposer': { status: 403, title: 'Who asked for it cannot approve it: that takes a second person.' },
  'not-found': { status: 404, title: 'There is no such thing.' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive.' },
  'idempotency-key-reused': { status: 409, title: 'This idempotency key was used with another input.' },
  'approval-decided': { status: 409, title: 'Somebody has decided this already.' },
  'secret-already-shown': { status: 409, title: 'This key was made before, and its secret is shown only once.' },
  'reservation-closed': { status: 409, title: 'This reservation has ended.' },
  'reservation-of-job': {
    status: 409,
    title: 'This reservation belongs to a job, and is settled by what the job tells.',
  },
  'name-taken': { status: 409, title: 'There is one of this name already.' },
  'refund-exceeds-paid': { status: 409, title: 'No more can be given back than was paid.' },
  'period-closed': { status: 409, title: 'The period is closed and takes no more transfers.' },
  'price-in-use': { status: 409, title: 'This price has been charged and can no longer change.' },
  'price-overlaps': { status: 409, title: 'Prices of one thing overlap or leave a gap.' },
  'parties-changed': { status: 409, title: 'The parties changed since the difference was shown.' },
  'precondition-failed': { status: 412, title: 'It changed since it was read.' },
  'body-too-large': { status: 413, title: 'The body is larger than this door takes.' },
  'media-type-unsupported': { status: 415, title: 'This door does not take a body of that media type.' },
  'no-price': { status: 422, title: 'Nothing says what this usage costs.' },
  'price-invalid': { status: 422, title: 'The price has a mistake.' },
  'too-many-failures': { status: 429, title: 'Too many keys or tokens were wrong: wait before trying again.' },
  'headers-too-large': { status: 431, title: 'The headers are larger than this server takes.' },
  'internal-error': { status: 500, title: 'Something broke in Bursar; its log says what.' },
  overloaded: { status: 503, title: 'More is asked than can be answered; nothing was changed.' },
  'token-keys-unavailable': { status: 503, title: 'The keys that tokens are signed with cannot be fetched.' },
  'outcome-unknown': {
    status: 503,
    title: 'The database was lost while this was written down: ask again with the same key.',
  },
  'database-unavailable': { status: 503, title: 'The database cannot be reached; nothing of this operation was kept.' },
  'database-full': { status: 507, title: 'The disk of the database is full; nothing of this operation was kept.' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>

export type ProblemType = keyof typeof problems
