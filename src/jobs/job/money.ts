import type { Desk } from '../../credits/desk.ts'
import { type Charger, settleCommand } from '../../credits/end.ts'
import { type HoldInput, openUnheld } from '../../credits/hold.ts'
import { refundPlan, type RefundTell } from '../../credits/refund.ts'
import type { Hold, Reservation } from '../../credits/reservation.ts'
import type { Decided, Turn } from '../../operations/lane-command.ts'
import { assert } from '../../values/assert.ts'
import type { Job, PaidByReservation } from './job.ts'

/** How the money of jobs moves. */
export type Billing = {
  readonly currency: string
  readonly provider: string
  readonly overrun: HoldInput['overrun']
  /** How long a reservation stays open without a word before its job starts, and at least twice as long as it may be silent then. */
  readonly openSeconds: number
  readonly runningSeconds: number
  charger(nanos: bigint): Charger
  refund(reservation: Reservation): RefundTell
}

/** Who holds and pays: the project; its virtual lab's budgets count as well. */
export const holdInputOf = (
  { project, vlab, type, subtype }: Pick<Job, 'project' | 'vlab' | 'type' | 'subtype'>,
  { currency, provider, overrun, openSeconds }: Billing,
): Omit<HoldInput, 'nanos' | 'estimate'> => ({
  payer: project,
  project,
  person: null,
  provider,
  owners: [project, vlab],
  currency,
  service: type,
  subtype,
  overrun,
  seconds: openSeconds,
})

/**
 * Brings what a job has cost to `total`, and at its end gives back what is still held: charged from the hold, beyond it
 * when that is used up, without one when the reservation has ended. Of what was too much, that goes back first which
 * nobody paid, as if it had never been charged; what was paid goes back where it came from.
 * Undefined when something has to go back, and what was paid is not at hand.
 */
export function settleUp(
  desk: Desk,
  job: Job,
  { total, ends }: { readonly total: bigint; readonly ends: boolean },
  billing: Billing,
): ((turn: Turn) => void) | undefined {
  const due = total - job.charged
  const tooMuchPaid = job.charged - job.absorbed - total
  const hold = openHoldOf(desk, job)
  const { paid } = job
  if (tooMuchPaid > 0n && !paid) return undefined
  return (turn) => {
    if (tooMuchPaid > 0n && paid) giveBack(desk, turn, job, tooMuchPaid, billing, paid)
    if (due < 0n) job.absorbed = tooMuchPaid >= 0n ? 0n : -tooMuchPaid
    if (hold) {
      if (due > 0n || ends) settle(desk, turn, job, { nanos: due > 0n ? due : 0n, isLast: ends }, billing)
      if (!ends) keepOpen(desk, turn, hold, billing)
    } else if (due > 0n) {
      const again = openUnheld(desk, turn, { ...holdInputOf(job, billing), estimate: estimateOf(job, 0n) })
      job.reservations = [...job.reservations, again.reservation.id]
      settle(desk, turn, job, { nanos: due, isLast: ends }, billing)
    }
    job.charged = total
    // More was paid by now.
    if (due > 0n) job.paid = undefined
  }
}

/** The reservation that it holds credits by. */
export function openHoldOf(desk: Desk, { reservations }: Job): Hold | undefined {
  const last = reservations.at(-1)
  return last === undefined ? undefined : desk.holds.get(last)
}

/** What a reservation was made for: kept with it for ever. */
export const estimateOf = (
  { id, type, price, discount }: Pick<Job, 'id' | 'type' | 'price' | 'discount'>,
  units: bigint,
): string =>
  JSON.stringify({
    quantities: { [unitOf[type]]: String(units) },
    job: id,
    price: textOf(price),
    discount: textOf(discount),
  })

const unitOf = { oneshot: 'count', longrun: 'instance_seconds', storage: 'byte_seconds' } as const
const textOf = (id: bigint | null): string | null => (id === null ? null : String(id))

/** By its last reservation. It always succeeds: what is beyond the hold follows the overrun policy. */
function settle(
  desk: Desk,
  turn: Turn,
  job: Job,
  { nanos, isLast }: { readonly nanos: bigint; readonly isLast: boolean },
  billing: Billing,
): void {
  const reservation = job.reservations.at(-1)
  assert(reservation !== undefined, 'a job that is charged has a reservation')
  const charger = billing.charger(nanos)
  const counting: Charger = {
    told: (own) => charger.told(own),
    write(own, settled, transfers) {
      job.absorbed += settled.absorbed
      charger.write(own, settled, transfers)
    },
  }
  take(turn, settleCommand({ reservation, nanos, isLast }, counting).decide(desk, turn))
}

/** A job that runs for longer than anybody thought keeps what it holds, as long as it may be silent. */
function keepOpen(desk: Desk, turn: Turn, hold: Hold, { runningSeconds }: Billing): void {
  const least = turn.at + (runningSeconds * 1000) / 2
  if (hold.until >= least) return
  desk.step(turn, hold, { kind: 'extend', ends: false, heldDelta: 0n, until: turn.at + runningSeconds * 1000 })
}

/** The newest reservation gives back first; what nobody had paid, or somebody gave back by hand, is not given again. */
function giveBack(desk: Desk, turn: Turn, job: Job, nanos: bigint, billing: Billing, paidBy: PaidByReservation): void {
  let open = nanos
  for (const id of job.reservations.toReversed()) {
    const found = paidBy.get(id)
    if (!found || open === 0n) continue
    const { reservation, paid } = found
    const left = paid.reduce((sum, each) => sum + each.nanos - (desk.refunded.get(each.settlement) ?? 0n), 0n)
    const part = left < open ? left : open
    if (part === 0n) continue
    take(turn, refundPlan(desk, turn, { reservation, nanos: part }, paid, billing.refund(reservation)))
    open -= part
  }
}

function take(turn: Turn, decided: Decided): void {
  assert(decided.ok, 'what a job owes can always be charged, and given back as far as it was paid')
  decided.apply(turn)
}

/** 10¹⁵ credits: whatever costs more was told by mistake, and no account could bear many of them. */
const costMax = 10n ** 24n
export const isTooDear = (nanos: bigint): boolean => nanos >= costMax
export const tooDear = 'it would cost more than accounts can hold'
