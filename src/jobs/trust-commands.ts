import { trustOf } from '../http/trust.ts'
import type { JobSettings } from './settings.ts'

/** Who asks the job doors without a key, from where the operator said that nobody needs one. */
const principal = { name: 'jobs-trusted', role: 'admin', parties: 'all' } as const

/** @throws Refusal when the setting names no networks */
export function trustedBy({ trustedNetworks }: JobSettings, log: { warn(message: string): void }) {
  if (trustedNetworks === undefined) return undefined
  log.warn(
    `JOBS_TRUSTED_NETWORKS: whoever asks the job doors from ${trustedNetworks} needs no key and may do everything`,
  )
  return trustOf(trustedNetworks, 'JOBS_TRUSTED_NETWORKS', principal)
}
