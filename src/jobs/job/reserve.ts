import type { Desk, Want } from '../../credits/desk.ts'
import { holdCommand } from '../../credits/hold.ts'
import { releaseCommand } from '../../credits/end.ts'
import { type Shelf, shelfWant } from '../../credits/shelf.ts'
import { Problem } from '../../http/problem.ts'
import type { LaneCommand } from '../../operations/lane-command.ts'
import { assert } from '../../values/assert.ts'
import { numberOf } from '../../values/id.ts'
import { nanosText } from '../../values/money.ts'
import type { AccountShelf } from '../account/open.ts'
import { forAccounts } from '../account/there.ts'
import { Fault } from '../door/fault.ts'
import { waiting } from './course.ts'
import { type Job, reservedUnits } from './job.ts'
import { type Billing, estimateOf, holdInputOf, openHoldOf } from './money.ts'

export type Jobs = Shelf<string, Job>
export type JobCommand = LaneCommand<Want, Desk>

/** What is known of a job before it is reserved. */
export type NewJob = Omit<
  Job,
  'reservations' | 'reservedAt' | 'course' | 'finishedAt' | 'cancelledAt' | 'charged' | 'absorbed' | 'isNew'
>

type Admitting = {
  readonly accounts: AccountShelf
  readonly onMade: (reservation: bigint) => void
  /** Whether a project that has nothing left gets no jobs that cost nothing either. */
  readonly stopsAdmitting: boolean
}

const usedUp = (currency: string, available: bigint): Problem =>
  new Problem('insufficient-credits', { currency, asked: '0', available: nanosText(available) })

/** Sets aside what a job will cost at most, at the price of the moment, and keeps the job. */
export function reserveCommand(
  shelf: Jobs,
  job: NewJob,
  billing: Billing,
  { accounts, onMade, stopsAdmitting }: Admitting,
): JobCommand {
  const hold = holdCommand({
    ...holdInputOf(job, billing),
    nanos: job.reservedNanos,
    estimate: estimateOf(job, reservedUnits(job.reserved)),
  })
  const command: JobCommand = {
    wants: hold.wants,
    decide(desk, turn) {
      const decided = hold.decide(desk, turn)
      if (!decided.ok) return decided
      const available = desk.available(job.project, billing.currency)
      if (stopsAdmitting && available <= 0n) return { ok: false, problem: usedUp(billing.currency, available) }
      const reservation = numberOf('reservation', (decided.answer as { id: string }).id)
      assert(reservation !== undefined, 'a hold answers with its reservation')
      return {
        ok: true,
        status: 201,
        answer: { job_id: job.id, amount: nanosText(job.reservedNanos) },
        apply(own) {
          decided.apply(own)
          onMade(reservation)
          desk.shelves.of(shelf).put(job.id, {
            ...job,
            reservations: [reservation],
            reservedAt: own.at,
            course: waiting(job.reserved.instances ?? 0n),
            finishedAt: null,
            cancelledAt: null,
            charged: 0n,
            absorbed: 0n,
            isNew: true,
          })
          const account = desk.shelves.of(accounts).rows.get(job.project)
          if (account) account.isUsed = true
        },
      }
    },
  }
  return forAccounts(accounts, [{ id: job.project, missing: 'Account not found' }], command)
}

export const noSuchJob = (): Fault => Fault.notFound('The specified job cannot be found')

/** Gives back what is held for a job that has not started. */
export const releaseJob = (shelf: Jobs, id: string, reservation: bigint, type: Job['type']): JobCommand => ({
  wants: { owners: [], reservation, shelves: [shelfWant(shelf, id)] },
  decide(desk, turn) {
    const shelved = desk.shelves.of(shelf)
    const job = shelved.rows.get(id)
    if (!job || job.type !== type) return { ok: false, problem: noSuchJob() }
    if (job.cancelledAt !== null) {
      return { ok: false, problem: new Fault(400, 'JOB_ALREADY_CANCELLED', 'The job has been cancelled already') }
    }
    if (job.course.startedAt !== null) {
      return { ok: false, problem: new Fault(400, 'JOB_ALREADY_STARTED', 'The job has been started already') }
    }
    const hold = openHoldOf(desk, job)
    // It ran out meanwhile: nothing is held any more.
    const held = hold?.held ?? 0n
    const released = hold && releaseCommand(hold.reservation.id).decide(desk, turn)
    return {
      ok: true,
      answer: { job_id: id, amount: nanosText(held) },
      apply(own) {
        if (released?.ok) released.apply(own)
        job.cancelledAt = own.at
        shelved.put(id, job)
      },
    }
  },
})
