import type { Desk } from '../../credits/desk.ts'
import { type Shelf, shelfWant } from '../../credits/shelf.ts'
import type { AccountShelf } from '../account/open.ts'
import type { Decided, Turn } from '../../operations/lane-command.ts'
import { type Billing, isTooDear, openHoldOf, settleUp, tooDear } from '../job/money.ts'
import type { Job } from '../job/job.ts'
import type { JobCommand } from '../job/reserve.ts'
import type { JobProblem, KeptEvent } from '../job/sql.ts'
import { ranOut, runsOut } from '../job/run-out.ts'
import { LookAgain } from '../job/use.ts'
import { chargedTo, jobAt, type Level, missingPrice, nextStart, startOf, type StorageJobs } from './level.ts'

export type StorageShelf = Shelf<string, StorageJobs>

export type StorageTold = Level & {
  readonly project: string
  readonly vlab: string
  readonly subtype: string
  /** All of it, as JSON. */
  readonly said: string
}

/** What so many bytes cost from one moment to another; `priced` says whether there was a price all the time. */
export type StorageCost = (
  job: Pick<Job, 'vlab' | 'subtype'>,
  size: bigint,
  from: number,
  to: number,
) => { readonly nanos: bigint; readonly priced: boolean }

export type Storing = {
  readonly shelf: StorageShelf
  readonly accounts: AccountShelf
  readonly billing: Billing
  readonly costOf: StorageCost
  readonly newId: () => string
  event(turn: Turn, job: string, event: KeptEvent): void
  problem(turn: Turn, problem: JobProblem): void
  /** Told when storage has cost more than its project had: the batch may still fail. */
  onRanOut(): void
}

type Plan = {
  readonly job: Job
  readonly to: number
  readonly finishedAt: number | null
  readonly size: bigint
  readonly subtype: string
}

/**
 * Takes how much a project stores from a moment on. The job that went on then ends, and is charged to its end; a new one
 * begins, and ends where the next one begins. Of two levels for one moment the larger stands, of two sizes that are the
 * same the subtype that comes later in the alphabet. So the jobs of a project are the same in whatever order it is told.
 */
export const storeCommand = (
  told: StorageTold,
  reservation: bigint | undefined,
  storing: Storing,
  look: JobCommand['wants']['look'],
): JobCommand => ({
  wants: wantsOf(told, reservation, storing, look),
  decide(desk, turn) {
    const { at, size, subtype, project, said } = told
    const account = desk.shelves.of(storing.accounts).rows.get(project)
    const stored = desk.shelves.of(storing.shelf).rows.get(project) ?? { jobs: [], touched: new Set<Job>() }
    const before = jobAt(stored, at)
    // One that is disabled goes on with what it stores, and begins nothing.
    const goesOn = before && (before.course.instances > 0n || (startOf(before) === at && size === 0n))
    if (!account || account.isGone || !(account.enabled || goesOn))
      return taken((own) => storing.problem(own, { reason: unknownProject, project, job: null, event: said }))
    if (before && startOf(before) === at) {
      const had = before.course.instances
      const plan = { job: before, to: chargedTo(before, 0), finishedAt: before.finishedAt, size, subtype }
      if (had === size && before.subtype === subtype) {
        const { nanos } = storing.costOf(before, size, startOf(before), plan.to)
        if (nanos <= before.charged) return taken(() => {})
        // Of what ended, a price that was missing is made up for; one that was given over another is not.
        const isFree = before.charged === 0n
        if (!isFree && before.lackedPrice === undefined)
          return { ok: false, problem: new LookAgain(before.reservations.at(-1)) }
        const isMissing = isFree || before.lackedPrice === true
        return isMissing ? carry(desk, storing, stored, [plan], undefined) : taken(() => {})
      }
      if (size < had || (size === had && subtype < before.subtype)) {
        const reason = `another ${size < had ? 'size' : 'subtype'} was told for the same time`
        return taken((own) => storing.problem(own, { reason, project, job: before.id, event: said }))
      }
      return carry(desk, storing, stored, [plan], told)
    }
    const after = newJob(told, storing.newId(), turn.at, nextStart(stored, at))
    const plans: Plan[] = [
      { job: after, to: chargedTo(after, before?.course.aliveAt ?? at), finishedAt: after.finishedAt, size, subtype },
    ]
    if (before) plans.unshift({ ...levelOf(before), to: at, finishedAt: at })
    return carry(desk, storing, stored, plans, told)
  },
})

/** Charges storage that goes on up to a moment. */
export const chargeStorage = (
  of: Pick<StorageTold, 'project' | 'vlab'>,
  at: number,
  reservation: bigint | undefined,
  storing: Storing,
  look: JobCommand['wants']['look'],
): JobCommand => ({
  wants: wantsOf(of, reservation, storing, look),
  decide(desk) {
    const stored = desk.shelves.of(storing.shelf).rows.get(of.project)
    const job = stored && jobAt(stored, at)
    if (!stored || !job || job.finishedAt !== null) return taken(() => {})
    const plan = { ...levelOf(job), to: chargedTo(job, at), finishedAt: null }
    return carry(desk, storing, stored, [plan], undefined)
  },
})

const levelOf = (job: Job) => ({ job, size: job.course.instances, subtype: job.subtype })

export const unknownProject = 'unknown project'

const wantsOf = (
  { project, vlab }: Pick<StorageTold, 'project' | 'vlab'>,
  reservation: bigint | undefined,
  { shelf, accounts, billing }: Storing,
  look: JobCommand['wants']['look'],
): JobCommand['wants'] => ({
  owners: [project, vlab],
  currency: billing.currency,
  ...(reservation !== undefined && { reservation }),
  ...(look && { look, lots: true }),
  shelves: [shelfWant(shelf, project), shelfWant(accounts, project)],
})

const taken = (apply: (turn: Turn) => void): Decided => ({ ok: true, status: 201, answer: null, apply })

function carry(
  desk: Desk,
  storing: Storing,
  stored: StorageJobs,
  plans: readonly Plan[],
  told: StorageTold | undefined,
): Decided {
  const steps: ((turn: Turn) => void)[] = []
  const unpriced: Job[] = []
  for (const { job, to, finishedAt, size, subtype } of plans) {
    const last = job.reservations.at(-1)
    if (last !== undefined && !openHoldOf(desk, job) && !desk.endings.has(last))
      return { ok: false, problem: new LookAgain(last) }
    const { nanos, priced } = storing.costOf({ vlab: job.vlab, subtype }, size, startOf(job), to)
    if (isTooDear(nanos)) {
      const problem = told && { reason: tooDear, project: told.project, job: job.id, event: told.said }
      return taken((own) => problem && storing.problem(own, problem))
    }
    if (!priced) unpriced.push(job)
    const ends = finishedAt !== null
    const pay = settleUp(desk, job, { total: nanos, ends }, storing.billing)
    if (!pay) return { ok: false, problem: new LookAgain(last) }
    steps.push((own) => {
      const isOut = runsOut(desk, job, { due: nanos - job.charged, ends }, storing.billing)
      pay(own)
      if (isOut) tellRunOut(own, job, storing, told)
      job.subtype = subtype
      job.finishedAt = finishedAt
      job.course = { ...job.course, instances: size, aliveAt: to, units: size * BigInt(to - startOf(job)), toldAt: to }
      stored.touched.add(job)
      if (job.isNew && !stored.jobs.includes(job)) stored.jobs.push(job)
    })
  }
  return taken((own) => {
    for (const step of steps) step(own)
    desk.shelves.of(storing.shelf).put(plans[0]?.job.project ?? '', stored)
    if (!told) return
    const account = desk.shelves.of(storing.accounts).rows.get(told.project)
    if (account) account.isUsed = true
    // The job that the level is of comes last.
    const of = plans.at(-1)?.job.id ?? ''
    storing.event(own, of, { kind: 'stored', at: told.at, instances: null, count: told.size })
    const { project, said } = told
    for (const job of unpriced)
      storing.problem(own, { reason: `${missingPrice} ${job.subtype}`, project, job: job.id, event: said })
  })
}

function tellRunOut(turn: Turn, { id, project }: Job, storing: Storing, told: StorageTold | undefined): void {
  storing.problem(turn, { reason: ranOut, project, job: id, event: told?.said ?? '{}' })
  storing.onRanOut()
}

const newJob = (
  { project, vlab, subtype, at, size }: StorageTold,
  id: string,
  now: number,
  finishedAt: number | null,
): Job => ({
  id,
  type: 'storage',
  subtype,
  project,
  vlab,
  user: null,
  group: null,
  name: null,
  reservations: [],
  reservedAt: now,
  reservedNanos: 0n,
  reserved: { count: null, duration: null, instances: null, instanceType: null },
  price: null,
  discount: null,
  course: { startedAt: at, aliveAt: at, finishedAt: null, units: 0n, instances: size, toldAt: at },
  finishedAt,
  cancelledAt: null,
  charged: 0n,
  absorbed: 0n,
  isNew: true,
})
