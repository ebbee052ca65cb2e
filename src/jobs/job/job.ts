import type { Paid } from '../../credits/refund.ts'
import type { Reservation } from '../../credits/reservation.ts'
import type { ServiceType } from '../price/cost.ts'
import type { Course, JobEvent } from './course.ts'

/**
 * A job, from its reservation to its end. Times of a reservation are epoch milliseconds, those that were told whole
 * seconds of the epoch (`Course`).
 *
 *   reserved ──usage──▶ running ──finished──▶ finished
 *      │                   └──no sign of life──▶ expired: finished at its last one, and cancelled
 *      └──released, or never started──▶ cancelled          (usage that comes all the same is charged)
 *
 * What it cost so far is charged at every event, so that an end has nothing left to charge but the last stretch.
 */
export type Job = {
  /** UUIDs. */
  readonly id: string
  readonly type: ServiceType
  /** Of storage, another one may be told for the same moment. */
  subtype: string
  readonly project: string
  readonly vlab: string
  readonly user: string | null
  readonly group: string | null
  name: string | null
  /** Of credits; the last one may be open, the others have ended. */
  reservations: readonly bigint[]
  readonly reservedAt: number
  readonly reservedNanos: bigint
  readonly reserved: Reserved
  /** The price and discount that were in force when it was reserved; storage pays what holds while it is stored. */
  readonly price: bigint | null
  readonly discount: bigint | null
  course: Course
  /** By its own telling, or by its last sign of life when it expired. */
  finishedAt: number | null
  /** Epoch milliseconds. */
  cancelledAt: number | null
  /** Net of what went back; and how much of it the project did not pay, because it had nothing left. */
  charged: bigint
  absorbed: bigint
  /** The start that reports list it under, as far as it is written; without one they do not list it. */
  listedAt?: number | null
  isNew: boolean
  /** All that was told of it and what its reservations paid, where somebody of this batch has looked. */
  told?: JobEvent[]
  paid?: PaidByReservation | undefined
  /** Of storage, whether a part of its time had no price when it was told of, where somebody of this batch has looked. */
  lackedPrice?: boolean
}

/** What reservations paid, by their number: read under the locks when something has to go back. */
export type PaidByReservation = ReadonlyMap<
  bigint,
  { readonly reservation: Reservation; readonly paid: readonly Paid[] }
>

/** What was asked for beforehand. */
export type Reserved = {
  readonly count: bigint | null
  readonly duration: bigint | null
  readonly instances: bigint | null
  readonly instanceType: string | null
}

/** What the reserved amount is for. */
export const reservedUnits = ({ count, duration, instances }: Reserved): bigint =>
  count ?? (duration ?? 0n) * (instances ?? 0n)

/** What was asked for when it was reserved: the operation keeps its digest. */
export const askedOf = ({
  project,
  type,
  subtype,
  user,
  group,
  reserved,
}: Pick<Job, 'project' | 'type' | 'subtype' | 'user' | 'group' | 'reserved'>) => ({
  project,
  type,
  subtype,
  user,
  group,
  ...(reserved.count !== null && { count: String(reserved.count) }),
  ...(reserved.duration !== null && { duration: String(reserved.duration) }),
  ...(reserved.instances !== null && { instances: String(reserved.instances) }),
  ...(reserved.instanceType !== null && { instanceType: reserved.instanceType }),
})
