import type { Currency } from '../values/money.ts'
import type { Count } from './budget.ts'
import type { Holding } from './lot.ts'

/**
 *   held ──settle, the last──▶ settled
 *     ├────release──────────▶ released
 *     └────expire───────────▶ expired ──settled late, once──▶ charged unreserved
 *
 * While it is held it may grow, be extended, and be settled in parts. Ending it gives back what is left of the hold:
 * what a wallet has held is always the sum of its open holds.
 */
export type Reservation = {
  readonly id: bigint
  readonly wallet: bigint
  /** UUIDs. */
  readonly payer: string
  readonly project: string | null
  readonly person: string | null
  readonly provider: string
  /** Whose wallets and budgets it counts in, the payer among them. */
  readonly owners: readonly string[]
  readonly currency: Currency
  readonly service: string
  readonly subtype: string
  readonly amount: bigint
  readonly overrun: OverrunPolicy
  readonly at: number
  readonly until: number
  readonly estimate: string | null
}

/** What becomes of usage beyond the hold: charged as debt, charged as far as credits go, or borne by the site. */
export const overrunPolicies = ['charge', 'charge-to-zero', 'absorb'] as const
export type OverrunPolicy = (typeof overrunPolicies)[number]

/** A reservation that has not ended: what it still holds. */
export type Hold = {
  readonly reservation: Reservation
  held: bigint
  charged: bigint
  until: number
  steps: number
  /** Where what it holds counts in budgets. */
  readonly counts: Count[]
  /** What it holds of dated credits, soonest first. */
  readonly holdings: Holding[]
  state: 'new' | 'stored' | 'changed' | 'ended' | 'new-ended'
}

export type StepKind = 'grow' | 'extend' | 'settle' | 'release' | 'expire' | 'late'

/** How a reservation ended; with `late` when it was settled after it ran out. */
export type Ending = {
  readonly reservation: Reservation
  readonly kind: StepKind
  readonly until: number
  /** When it ended, epoch milliseconds. */
  readonly at: number
  steps: number
  charged: bigint
}

/** The job that credits were set aside for, when they were: what it tells moves them, and nobody else. */
export function jobOf({ estimate }: Pick<Reservation, 'estimate'>): string | undefined {
  if (estimate === null || !estimate.includes('"job":')) return undefined
  const { job } = JSON.parse(estimate) as { readonly job?: string }
  return job
}
