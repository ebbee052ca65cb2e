import type { Desk } from '../../credits/desk.ts'
import type { Job } from './job.ts'
import { type Billing, openHoldOf } from './money.ts'

/** What an operator is told when it happens. */
export const ranOut = 'the project ran out of credits while the job ran'

type Owed = { readonly due: bigint; readonly ends: boolean }

/**
 * Whether a job that now owes `due` uses up what it holds and what its project has left, and is the first to: asked
 * before it is charged. Who comes later finds a project below zero, or one that may not go there and has nothing.
 */
export function runsOut(desk: Desk, job: Job, { due, ends }: Owed, { overrun, currency }: Billing): boolean {
  const wallet = desk.wallet(job.project, currency)
  if (!wallet || due <= 0n) return false
  const held = openHoldOf(desk, job)?.held ?? 0n
  const free = wallet.posted - wallet.held
  if (overrun === 'charge') return free >= 0n && due > held + free
  const left = held + desk.available(job.project, currency)
  return left > 0n && (ends ? due > left : due >= left)
}
