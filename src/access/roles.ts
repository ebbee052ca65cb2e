/** Who may do what. `admin` may do everything that is listed; what is not listed nobody may. */
export const roles = ['admin', 'supervisor', 'finance', 'provider', 'service', 'user'] as const
export type Role = (typeof roles)[number]

const everybody = ['supervisor', 'finance', 'provider', 'service', 'user'] as const
const office = ['supervisor', 'finance'] as const
const desk = ['supervisor', 'service'] as const
const nobodyElse = [] as const

/**
 * Each operation with the roles that may do it, beside `admin`. Of which parties a principal sees and moves anything is
 * its own matter: a role never widens that.
 */
export const table = {
  'parties.list': everybody,
  'parties.read': everybody,
  'parties.import': ['supervisor'],
  'parties.change': ['supervisor'],
  'people.link': ['supervisor'],
  'people.erase': nobodyElse,

  'meters.list': everybody,
  'meters.declare': ['supervisor'],
  'prices.list': everybody,
  'prices.read': everybody,
  'prices.check': office,
  'prices.set': ['finance'],
  'formula.set': ['finance'],

  'usage.record': ['supervisor', 'provider', 'service'],
  'records.list': everybody,
  'quarantine.list': office,
  'quarantine.replay': ['supervisor'],
  'quarantine.dismiss': ['supervisor'],

  'charges.list': everybody,
  'charges.explain': everybody,
  'statements.read': everybody,
  'accounts.list': everybody,

  'credits.read': everybody,
  'credits.grant': office,
  'credits.move': office,
  'credits.limit': office,
  'credits.budget': office,
  'credits.refund': office,
  'credits.hold': desk,
  'credits.grow': desk,
  'credits.extend': desk,
  'credits.settle': desk,
  'credits.release': desk,

  'jobs.account': ['supervisor'],
  'jobs.fund': office,
  'jobs.budgets': office,
  'jobs.price': ['finance'],
  'jobs.estimates': everybody,
  'jobs.reserve': ['supervisor', 'provider', 'service'],
  'jobs.use': ['supervisor', 'provider', 'service'],
  'jobs.read': everybody,
  'jobs.report': office,
  'jobs.problem': office,
  'jobs.ledger': office,

  'approvals.list': office,
  'approvals.decide': ['finance'],

  'operations.list': office,
  'verify.run': office,
  'metrics.read': ['supervisor'],

  'keys.create': nobodyElse,
  'keys.list': nobodyElse,
  'keys.revoke': nobodyElse,
} as const satisfies Readonly<Record<string, readonly Role[]>>

const allowed: ReadonlySet<string> = new Set(
  Object.entries(table).flatMap(([operation, others]) => ['admin', ...others].map((role) => `${role} ${operation}`)),
)

export const allows = (role: string, operation: string): boolean => allowed.has(`${role} ${operation}`)

/** Of a text from outside; what nobody knows is the least that there is. */
export const roleOf = (text: unknown): Role => roles.find((role) => role === text) ?? 'user'
