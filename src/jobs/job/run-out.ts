import type { Desk } from '../../credits/desk.ts'
import type { Job } from './job.ts'
import { type Billing, openHoldOf } from './money.ts'

/** What an operator is told when it happens. */
export const ranOut = 'the project ran out of credits while the job ran'

/**
 * Whether a job that now owes `due` has used up what it holds and what its project has left, and is the first to: asked
 * before it is charged. Where a project is charged below zero the next job finds it there; where it is not, one that
 * held nothing any more has been told of before.
 */
export function runsOut(desk: Desk, job: Job, due: bigint, { overrun, currency }: Billing): boolean {
  const wallet = desk.wallet(job.project, currency)
  if (!wallet || due <= 0n) return false
  const held = openHoldOf(desk, job)?.held ?? 0n
  const free = wallet.posted - wallet.held
  if (overrun === 'charge') return free >= 0n && due > held + free
  const left = held + desk.available(job.project, currency)
  return due > left && (left > 0n || job.charged === 0n)
}
