import type { Desk } from '../../credits/desk.ts'
import { shelfWant } from '../../credits/shelf.ts'
import type { Decided, Turn } from '../../operations/lane-command.ts'
import { Problem } from '../../http/problem.ts'
import { advance, type Course, courseOf, isAfter, isIgnored, isSame, type JobEvent, voids } from './course.ts'
import type { Job } from './job.ts'
import { type Billing, isTooDear, openHoldOf, settleUp, tooDear } from './money.ts'
import type { JobCommand, Jobs } from './reserve.ts'
import { ranOut, runsOut } from './run-out.ts'
import type { JobProblem, KeptEvent } from './sql.ts'

/** Usage as a client told it. */
export type Told = {
  readonly job: string
  readonly project: string
  readonly type: 'oneshot' | 'longrun'
  readonly subtype: string
  readonly name: string | null
  readonly event: JobEvent
  /** All of it, as JSON, to be kept when it cannot be charged. */
  readonly said: string
}

/** What a job cost for so many units: its price and discount are those of its reservation. */
export type CostOf = (job: Job, units: bigint, at: number) => bigint

export type MayTouch = (owners: readonly string[]) => boolean

/** How rows that belong to the operation are written. */
export type UsageWriter = {
  event(turn: Turn, job: string, event: KeptEvent): void
  problem(turn: Turn, problem: JobProblem): void
}

export type Using = {
  readonly shelf: Jobs
  readonly billing: Billing
  readonly costOf: CostOf
  readonly write: UsageWriter
  /** Whether who tells it may touch what belongs to these: to nobody else a job of theirs is there. */
  readonly mayTouch: MayTouch
  /** Told when a job has cost more than its project had: the batch may still fail. */
  readonly onRanOut: () => void
}

/** Looked at without the history, it cannot be decided; or the job goes on under another reservation by now. */
export class LookAgain extends Problem {
  readonly reservation: bigint | undefined

  constructor(reservation: bigint | undefined) {
    super('overloaded')
    this.reservation = reservation
  }
}

/**
 * Takes what a job told, and charges at once what it has cost by then. Nothing is refused: what cannot be charged as it
 * was told is kept for whoever operates the site.
 */
export const useCommand = (
  told: Told,
  reservation: bigint | undefined,
  { shelf, billing, costOf, write, mayTouch, onRanOut }: Using,
  look: JobCommand['wants']['look'],
): JobCommand => ({
  wants: {
    owners: [],
    ...(reservation !== undefined && { reservation }),
    ...(look && { look, lots: true }),
    shelves: [shelfWant(shelf, told.job)],
  },
  decide(desk, turn) {
    const taken = (apply: (turn: Turn) => void): Decided => ({ ok: true, status: 201, answer: null, apply })
    const { event, project, said } = told
    const found = desk.shelves.of(shelf).rows.get(told.job)
    const job = found && mayTouch([found.project, found.vlab]) ? found : undefined
    const fault = faultOf(job, told)
    if (!job || fault !== undefined) {
      const reason = fault ?? 'unknown job'
      // Of a job of others nothing is said, and nothing is left at it.
      const at = found === job ? told.job : null
      return taken((own) => write.problem(own, { reason, project, job: at, event: said }))
    }
    const open = job.reservations.at(-1)
    if (!isAtHand(desk, open)) return { ok: false, problem: new LookAgain(open) }
    const course = courseWith(job, event)
    if (course === 'seen') return taken(() => {})
    if (course === 'unknown') return { ok: false, problem: new LookAgain(open) }
    const ends = course.finishedAt !== null
    const total = costOf(job, course.units, turn.at)
    if (isTooDear(total))
      return taken((own) => write.problem(own, { reason: tooDear, project, job: job.id, event: said }))
    const pay = settleUp(desk, job, { total, ends }, billing)
    if (!pay) return { ok: false, problem: new LookAgain(open) }
    return taken((own) => {
      const isOut = runsOut(desk, job, { due: total - job.charged, ends }, billing)
      pay(own)
      if (isOut) {
        write.problem(own, { reason: ranOut, project, job: job.id, event: said })
        onRanOut()
      }
      const had = job.course
      takeCourse(job, course, told)
      write.event(own, job.id, event)
      const isLost = isIgnored(course, event) || voids(course, had, job.told ?? [])
      job.told?.push(event)
      if (isLost) write.problem(own, { reason: 'the job had ended', project, job: job.id, event: said })
      desk.shelves.of(shelf).put(job.id, job)
    })
  },
})

/** It was asked for, or made by somebody of this batch. */
const isAtHand = (desk: Desk, reservation: bigint | undefined): boolean =>
  reservation !== undefined && (desk.holds.has(reservation) || desk.endings.has(reservation))

function faultOf(job: Job | undefined, { project, type, subtype }: Told): string | undefined {
  if (!job) return 'unknown job'
  if (job.project !== project) return 'the job belongs to another project'
  if (job.type !== type) return `the job is ${job.type}`
  if (type === 'oneshot' && job.subtype !== subtype) return `the job is ${job.subtype}`
  return undefined
}

/** How the job went with this event; `unknown` when all that was told before must be looked at for it. */
function courseWith(job: Job, event: JobEvent): Course | 'seen' | 'unknown' {
  if (isAfter(job.course, event)) return advance(job.course, event)
  if (!job.told) return 'unknown'
  if (job.told.some((each) => isSame(each, event))) return 'seen'
  return courseOf(job.reserved.instances ?? 0n, [...job.told, event])
}

function takeCourse(job: Job, course: Course, { name, type, event }: Told): void {
  job.course = course
  job.finishedAt = course.finishedAt
  // Whatever is told of a job that was released or given up: it ran.
  job.cancelledAt = null
  if (name !== null && (type === 'oneshot' || event.kind === 'finished')) job.name = name
}

/**
 * Ends a job that gave no sign of life for too long, at its last one: it was charged up to then. One that never started
 * is cancelled, and what it held is given back.
 */
export const expireCommand = (
  id: string,
  reservation: bigint,
  { shelf, billing }: Pick<Using, 'shelf' | 'billing'>,
  isSilent: (job: Job, at: number) => boolean,
): JobCommand => ({
  wants: { owners: [], reservation, shelves: [shelfWant(shelf, id)] },
  decide(desk, turn) {
    const shelved = desk.shelves.of(shelf)
    const job = shelved.rows.get(id)
    if (!job || job.finishedAt !== null || job.cancelledAt !== null || !isSilent(job, turn.at)) return nothingToDo
    const open = job.reservations.at(-1)
    if (!isAtHand(desk, open)) return { ok: false, problem: new LookAgain(open) }
    return {
      ok: true,
      answer: { job_id: id, finished: job.course.aliveAt !== null },
      apply(own) {
        endHoldOf(desk, own, job, billing)
        job.finishedAt = job.course.aliveAt
        job.cancelledAt = own.at
        shelved.put(id, job)
      },
    }
  },
})

const nothingToDo: Decided = { ok: false, problem: new Problem('not-found') }

function endHoldOf(desk: Desk, turn: Turn, job: Job, billing: Billing): void {
  if (openHoldOf(desk, job)) settleUp(desk, job, { total: job.charged, ends: true }, billing)?.(turn)
}
