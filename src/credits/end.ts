import { Problem } from '../http/problem.ts'
import { available } from '../ledger/wallet.ts'
import type { Decided, Due, LaneCommand, Turn } from '../operations/lane-command.ts'
import { numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { countSpent } from './budget.ts'
import type { Desk, Want } from './desk.ts'
import { answerOf, openHold, stateOf } from './hold.ts'
import { fromHoldings, type Lot, spendFrom } from './lot.ts'
import type { Ending, Hold, Reservation } from './reservation.ts'

const shown = nanosText
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Site-wide accounts belong to this owner. */
export const house = '00000000-0000-0000-0000-000000000000'

/** What a settling comes to: what the wallet pays and what nobody does. */
export type Settled = { readonly reservation: Reservation; readonly paid: bigint; readonly absorbed: bigint }

/** The transfers of a settling: charges point at them. */
export type SettleTransfers = { readonly paid: bigint | null; readonly absorbed: bigint | null }

export type SettleInput = {
  readonly reservation: bigint
  /** What the usage cost; may be nothing. */
  readonly nanos: bigint
  /** The last settling ends the reservation and gives back what is left of the hold. */
  readonly isLast: boolean
}

/** The charge that a settling makes: what the answer tells of it, and its rows. */
export type Charger = {
  told(turn: Turn): Readonly<Record<string, unknown>>
  write(turn: Turn, settled: Settled, transfers: SettleTransfers): void
}

/**
 * Charges what a reservation cost: from what it holds, its soonest credits first; what goes beyond, by its overrun
 * policy. It always succeeds. Told after the reservation ran out, all of it goes beyond, once.
 */
export const settleCommand = (input: SettleInput, charge: Charger): LaneCommand<Want, Desk> => ({
  wants: { owners: [], reservation: input.reservation },
  decide(desk, turn) {
    const hold = desk.holds.get(input.reservation)
    const ending = desk.endings.get(input.reservation)
    if (!hold && ending?.kind === 'expire') return settleLate(desk, turn, ending, input, charge)
    const found = openHold(desk, input.reservation)
    if (found instanceof Problem) return { ok: false, problem: found }
    return settleOpen(desk, turn, found, input, charge)
  },
})

function settleOpen(desk: Desk, turn: Turn, hold: Hold, input: SettleInput, charge: Charger): Decided {
  const { nanos, isLast } = input
  const { reservation } = hold
  const covered = least(hold.held, nanos)
  const givenBack = isLast ? hold.held - covered : 0n
  const beyond = paidBeyond(desk, reservation, nanos - covered, covered + givenBack, covered)
  const paid = covered + beyond
  const heldDelta = -covered - givenBack
  const expired = expiring(hold, covered, givenBack, turn.at)
  const [held, charged, until, told] = [hold.held + heldDelta, hold.charged + nanos, hold.until, charge.told(turn)]
  return {
    ok: true,
    answer: {
      toJSON: () => ({
        ...answerOf(reservation, isLast ? 'settled' : 'held', held, charged, until),
        settled: shown(nanos),
        absorbed: shown(nanos - paid),
        released: shown(givenBack - expired),
        expired: shown(expired),
        ...told,
      }),
    },
    apply() {
      const wallet = walletOf(desk, reservation)
      if (hold.holdings.length > 0) {
        desk.draw(turn, fromHoldings(hold.holdings, covered, true), hold)
        if (givenBack > 0n) giveBack(desk, turn, hold, givenBack)
      }
      desk.step(turn, hold, { kind: 'settle', ends: isLast, heldDelta, charged: nanos, absorbed: nanos - paid })
      desk.hold(wallet, heldDelta)
      if (beyond > 0n && wallet.nextExpiry !== null) {
        desk.draw(turn, spendFrom(desk.lotsOf(wallet), beyond, turn.at), undefined)
      }
      countSpent(hold.counts, hold.held + givenBack)
      if (isLast) desk.giveBackCounts(hold)
      desk.use(desk.windowsOf(reservation.owners, reservation.currency, turn.at), beyond)
      const settled = { reservation, paid, absorbed: nanos - paid }
      charge.write(turn, settled, payFor(desk, turn, settled))
      desk.payDebt(turn, wallet)
    },
  }
}

/** It ran out before: what it held is long given back, so that all of the usage goes beyond. */
function settleLate(desk: Desk, turn: Turn, ending: Ending, { nanos }: SettleInput, charge: Charger): Decided {
  const { reservation } = ending
  const paid = paidBeyond(desk, reservation, nanos, 0n, 0n)
  const absorbed = nanos - paid
  return {
    ok: true,
    answer: {
      ...answerOf(reservation, 'settled', 0n, ending.charged + nanos, ending.until),
      settled: shown(nanos),
      absorbed: shown(absorbed),
      released: '0',
      expired: '0',
      ...charge.told(turn),
    },
    apply() {
      const wallet = walletOf(desk, reservation)
      if (paid > 0n && wallet.nextExpiry !== null) {
        desk.draw(turn, spendFrom(desk.lotsOf(wallet), paid, turn.at), undefined)
      }
      desk.afterwards(turn, ending, { kind: 'late', ends: false, heldDelta: 0n, charged: nanos, absorbed })
      desk.use(desk.windowsOf(reservation.owners, reservation.currency, turn.at), paid)
      const settled = { reservation, paid, absorbed }
      charge.write(turn, settled, payFor(desk, turn, settled))
    },
  }
}

/** Gives back what a reservation holds, and ends it. */
export const releaseCommand = (reservation: bigint): LaneCommand<Want, Desk> => ({
  wants: { owners: [], reservation },
  decide(desk, turn) {
    const found = openHold(desk, reservation)
    return found instanceof Problem ? { ok: false, problem: found } : endHold(desk, turn, found, 'release')
  },
})

/** A hold that ran out, ended by whoever touches its wallet next. */
export const expireHold = (reservation: bigint): Due<Desk> => ({
  key: `expire ${numbered('reservation', reservation)}`,
  command: 'credits.expire',
  input: { reservation: numbered('reservation', reservation) },
  decide(desk, turn) {
    const found = openHold(desk, reservation)
    return found instanceof Problem ? { ok: false, problem: found } : endHold(desk, turn, found, 'expire')
  },
})

function endHold(desk: Desk, turn: Turn, hold: Hold, kind: 'release' | 'expire'): Decided {
  const { reservation, held } = hold
  const expired = expiring(hold, 0n, held, turn.at)
  return {
    ok: true,
    answer: {
      ...answerOf(reservation, stateOf(kind), 0n, hold.charged, hold.until),
      released: shown(held - expired),
      expired: shown(expired),
    },
    apply() {
      if (hold.holdings.length > 0) giveBack(desk, turn, hold, held)
      desk.step(turn, hold, { kind, ends: true, heldDelta: -held })
      const wallet = walletOf(desk, reservation)
      desk.hold(wallet, -held)
      if (kind === 'expire') desk.sweptWallets.add(wallet)
      desk.giveBackCounts(hold)
      desk.payDebt(turn, wallet)
    },
  }
}

/** Of what is given back once the covered part is spent: what will be no more, because its time is over. */
function expiring({ holdings }: Hold, covered: bigint, givenBack: bigint, at: number): bigint {
  let [spent, back, expired] = [covered, givenBack, 0n]
  for (const { lot, held } of holdings) {
    const left = held - least(held, spent)
    spent -= held - left
    const part = least(left, back)
    back -= part
    if (lot.expiresAt <= at) expired += part
  }
  return expired
}

/** Credits that ran out while they were held are no more: they go to the expired ones in the same operation. */
function giveBack(desk: Desk, turn: Turn, hold: Hold, nanos: bigint): void {
  const draws = fromHoldings(hold.holdings, nanos, false)
  desk.draw(turn, draws, hold)
  for (const { lot, held } of draws) if (lot.expiresAt <= turn.at) expireFrom(desk, turn, lot, -held, hold.reservation)
}

function expireFrom(
  desk: Desk,
  turn: Turn,
  lot: Lot,
  nanos: bigint,
  of: { owner?: string; payer?: string; currency: string },
) {
  const owner = of.owner ?? of.payer ?? ''
  desk.draw(turn, [{ lot, posted: -nanos, held: 0n }], undefined)
  desk.post(
    turn,
    {
      debit: { owner, kind: 'wallet' },
      credit: { owner: house, kind: 'credits_expired' },
      nanos,
      reason: 'expire',
    },
    of.currency,
  )
}

/**
 * Dated credits that nobody holds, past their time. After so many entries of the wallet: usage that they had paid may be
 * corrected later, and what comes back to them expires then.
 */
export const expireLot = (lot: Lot, entries: bigint): Due<Desk> => ({
  key: `expire lot ${lot.id} after ${entries}`,
  command: 'credits.expireLot',
  input: { lot: String(lot.id) },
  decide(desk, turn) {
    const wallet = desk.walletsById.get(lot.wallet)
    const nanos = lot.posted - lot.held
    if (!wallet || nanos === 0n) return { ok: false, problem: new Problem('not-found') }
    return {
      ok: true,
      answer: { grant: numbered('grant', lot.grant), expired: shown(nanos), currency: wallet.currency },
      apply: () => expireFrom(desk, turn, lot, nanos, wallet),
    }
  },
})

/**
 * How much of what goes beyond the hold the wallet pays, by the policy. `ended` is what the reservation holds less by
 * then, and `covered` the part of that which is spent: neither is available to anybody else meanwhile.
 */
function paidBeyond(desk: Desk, reservation: Reservation, beyond: bigint, ended: bigint, covered: bigint): bigint {
  if (beyond === 0n || reservation.overrun === 'absorb') return 0n
  if (reservation.overrun === 'charge') return beyond
  const free = available(walletOf(desk, reservation)) + ended - covered
  return least(beyond, free > 0n ? free : 0n)
}

function payFor(desk: Desk, turn: Turn, { reservation, paid, absorbed }: Settled): SettleTransfers {
  const { payer, provider, currency } = reservation
  const credit = { owner: provider, kind: 'usage_revenue' } as const
  const transfer = (debit: { owner: string; kind: 'wallet' | 'usage_absorbed' }, nanos: bigint) =>
    nanos === 0n
      ? null
      : desk.post(turn, { debit, credit, nanos, reason: debit.kind === 'wallet' ? 'settle' : 'absorb' }, currency)
  return {
    paid: transfer({ owner: payer, kind: 'wallet' }, paid),
    absorbed: transfer({ owner: house, kind: 'usage_absorbed' }, absorbed),
  }
}

function walletOf(desk: Desk, { payer, currency }: Reservation) {
  const wallet = desk.wallet(payer, currency)
  if (!wallet) throw new Error(`the wallet of ${payer} in ${currency} is not at hand`)
  return wallet
}
