import { type JobRules, jobRules, ruleVariables } from './rules.ts'
import { WrongUsage } from '../values/refusal.ts'

/** What the operator sets for these doors alone. */
export type JobSettings = {
  readonly currency: string
  /** Addresses and networks from where nobody needs a key at these doors. */
  readonly trustedNetworks: string | undefined
  /** What `/version` says of the build. */
  readonly commit: string | undefined
  readonly rules: JobRules
}

export const jobVariables = [
  { name: 'JOBS_CURRENCY', about: 'what accounts of the job doors are in', standard: 'CREDIT' },
  {
    name: 'JOBS_TRUSTED_NETWORKS',
    about: 'networks that ask the job doors without a key, as admin; none without it',
  },
  { name: 'COMMIT_SHA', about: 'commit of this build, for /version' },
  ...ruleVariables,
] as const

type Texts = (name: (typeof jobVariables)[number]['name']) => string | undefined

/** @throws WrongUsage that names the variable. */
export function jobSettings(text: Texts, currencies: ReadonlySet<string>): JobSettings {
  const currency = text('JOBS_CURRENCY') as string
  if (!currencies.has(currency)) {
    throw new WrongUsage(
      `JOBS_CURRENCY is “${currency}”, which is no currency.`,
      'Set CREDIT, an ISO 4217 code such as THB, or a unit of BURSAR_CURRENCIES.',
    )
  }
  return { currency, trustedNetworks: text('JOBS_TRUSTED_NETWORKS'), commit: text('COMMIT_SHA'), rules: jobRules(text) }
}
