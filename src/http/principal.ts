import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

/** Who asks. What a role may do stands in the table of `access`; this module only carries it. */
export type Principal = {
  /** What operations are written under and idempotency keys belong to: the same for all credentials of one principal. */
  readonly name: string
  readonly role: string
  /** The parties it may look at and act for, by UUID. */
  readonly parties: 'all' | ReadonlySet<string>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before a route runs; null on open routes. */
    principal: Principal | null
  }
  interface FastifyContextConfig {
    /** `module.verb`: what the route does, for the table of roles. */
    operation?: string
  }
}

export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new Problem('principal-required')
  return request.principal
}

/** Whether one of a thing's owners is a party that the principal may touch. */
export const mayTouch = ({ parties }: Principal, owners: readonly (string | null)[]): boolean =>
  parties === 'all' || owners.some((owner) => owner !== null && parties.has(owner))

/** What belongs to others is not there: a 403 would say that it exists. */
export function requireTouch(principal: Principal, owners: readonly (string | null)[]): void {
  if (!mayTouch(principal, owners)) throw new Problem('not-found')
}

/** For what belongs to the site as a whole: whoever sees some parties only, sees nothing of it. */
export function requireEverything({ parties }: Principal): void {
  if (parties !== 'all')
    throw new Problem('not-allowed', { detail: 'This belongs to the site as a whole: ask with a key for all parties.' })
}
