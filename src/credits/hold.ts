import { Problem } from '../http/problem.ts'
import { available, type Wallet } from '../ledger/wallet.ts'
import type { Decided, LaneCommand, Turn } from '../operations/lane-command.ts'
import { idOf, numbered } from '../values/id.ts'
import { momentText } from '../values/moment.ts'
import { nanosText } from '../values/money.ts'
import { type BudgetWindow, countMore } from './budget.ts'
import type { Desk, Want } from './desk.ts'
import { BudgetExhausted } from './exhausted.ts'
import { holdFrom } from './lot.ts'
import type { Hold, OverrunPolicy, Reservation } from './reservation.ts'

export type HoldInput = {
  readonly payer: string
  readonly project: string | null
  readonly person: string | null
  readonly provider: string
  readonly owners: readonly string[]
  readonly currency: string
  readonly service: string
  readonly subtype: string
  /** Greater than zero. */
  readonly nanos: bigint
  readonly overrun: OverrunPolicy
  readonly seconds: number
  readonly estimate: string | null
}

const refusal = (problem: Problem): Decided => ({ ok: false, problem })

/** Sets credits aside, if the payer has them and every budget above allows it. */
export const holdCommand = (input: HoldInput): LaneCommand<Want, Desk> => ({
  wants: { owners: input.owners, currency: input.currency },
  decide(desk, turn) {
    const { payer, currency, nanos } = input
    const refused = refuseHold(desk, input.owners, payer, currency, nanos, turn.at)
    if ('problem' in refused) return refusal(refused.problem)
    const wallet = desk.wallet(payer, currency)
    if (!wallet) return refusal(shortOf(currency, nanos, 0n))
    const until = turn.at + input.seconds * 1000
    const id = turn.nextId()
    const left = available(wallet) - nanos
    return {
      ok: true,
      status: 201,
      answer: {
        id: numbered('reservation', id),
        toJSON: () => ({ ...answerOf(shownOf(id, input), 'held', nanos, 0n, until), available: nanosText(left) }),
      },
      apply() {
        openAt(desk, turn, wallet, input, { id, until, windows: refused.windows })
      },
    }
  },
})

type Opening = { readonly id: bigint; readonly until: number; readonly windows: readonly BudgetWindow[] }

function openAt(desk: Desk, turn: Turn, wallet: Wallet, input: HoldInput, { id, until, windows }: Opening): Hold {
  const { nanos } = input
  // One by one, because copying all of an input costs more than all the rest of a rule.
  const reservation: Reservation = {
    id,
    wallet: wallet.id,
    payer: input.payer,
    project: input.project,
    person: input.person,
    provider: input.provider,
    owners: input.owners,
    currency: input.currency,
    service: input.service,
    subtype: input.subtype,
    amount: nanos,
    overrun: input.overrun,
    at: turn.at,
    until,
    estimate: input.estimate,
  }
  const hold: Hold = {
    reservation,
    held: nanos,
    charged: 0n,
    until,
    steps: 0,
    counts: windows.length === 0 ? [] : windows.map((window) => ({ window, held: nanos })),
    holdings: [],
    state: 'new',
  }
  desk.open(turn, hold)
  desk.hold(wallet, nanos)
  desk.use(windows, nanos)
  if (wallet.nextExpiry !== null) desk.draw(turn, holdFrom(desk.lotsOf(wallet), nanos, turn.at), hold)
  if (wallet.nextDue === null || until < wallet.nextDue) wallet.nextDue = until
  return hold
}

/**
 * Opens a reservation that holds nothing, whatever is available: for usage that nothing was set aside for, and that is
 * charged all the same. Settling it goes beyond the hold with everything.
 */
export function openUnheld(desk: Desk, turn: Turn, input: Omit<HoldInput, 'nanos'>): Hold {
  const wallet = desk.wallet(input.payer, input.currency)
  if (!wallet) throw new Error(`the wallet of ${input.payer} is not at hand`)
  const until = turn.at + input.seconds * 1000
  return openAt(desk, turn, wallet, { ...input, nanos: 0n }, { id: turn.nextId(), until, windows: [] })
}

/** Raises what a reservation holds, by the same rule as a new one, and by the budgets of the moment. */
export const growCommand = (reservation: bigint, nanos: bigint): LaneCommand<Want, Desk> => ({
  wants: { owners: [], reservation },
  decide(desk, turn) {
    const found = openHold(desk, reservation)
    if (found instanceof Problem) return refusal(found)
    const { payer, currency, owners } = found.reservation
    const windows = desk.windowsOf(owners, currency, turn.at)
    const fault = refuseWindows(desk, windows, nanos) ?? refuseWallet(desk, payer, currency, nanos)
    if (fault) return refusal(fault)
    return {
      ok: true,
      answer: {
        ...answerOf(found.reservation, 'held', found.held + nanos, found.charged, found.until),
        available: nanosText(desk.available(payer, currency) - nanos),
      },
      apply() {
        const wallet = desk.wallet(payer, currency)
        if (!wallet) throw new Error(`the wallet of ${owners[0]} is not at hand`)
        desk.step(turn, found, { kind: 'grow', ends: false, heldDelta: nanos })
        desk.hold(wallet, nanos)
        desk.use(windows, nanos)
        countMore(found.counts, windows, nanos)
        if (wallet.nextExpiry !== null) desk.draw(turn, holdFrom(desk.lotsOf(wallet), nanos, turn.at), found)
      },
    }
  },
})

/** Moves the time at which it runs out, forward only: `seconds` from now. */
export const extendCommand = (reservation: bigint, seconds: number): LaneCommand<Want, Desk> => ({
  wants: { owners: [], reservation },
  decide(desk, turn) {
    const found = openHold(desk, reservation)
    if (found instanceof Problem) return refusal(found)
    const until = Math.max(found.until, turn.at + seconds * 1000)
    return {
      ok: true,
      answer: answerOf(found.reservation, 'held', found.held, found.charged, until),
      apply() {
        desk.step(turn, found, { kind: 'extend', ends: false, heldDelta: 0n, until })
      },
    }
  },
})

/** The open hold, or why there is none. */
export function openHold(desk: Desk, reservation: bigint): Hold | Problem {
  const hold = desk.holds.get(reservation)
  if (hold) return hold
  const ending = desk.endings.get(reservation)
  if (!ending)
    return new Problem('not-found', { detail: `There is no reservation ${numbered('reservation', reservation)}.` })
  // Whoever touched the wallet first after it ran out wrote its end down.
  const endedAt = Math.min(ending.at, ending.until)
  return new Problem('reservation-closed', { state: stateOf(ending.kind), endedAt: momentText(endedAt) })
}

export const stateOf = (kind: string): string =>
  kind === 'release' ? 'released' : kind === 'expire' ? 'expired' : 'settled'

type Shown = { readonly id: bigint } & Pick<Reservation, 'payer' | 'project' | 'person' | 'currency' | 'overrun'>

/** A reservation as every door tells it. */
export const answerOf = (shown: Shown, state: string, held: bigint, charged: bigint, until: number) => ({
  id: numbered('reservation', shown.id),
  state,
  currency: shown.currency,
  held: nanosText(held),
  charged: nanosText(charged),
  until: momentText(until),
  payer: payerId(shown),
})

/** One by one, because copying all of an input costs more than all the rest of a rule. */
const shownOf = (id: bigint, { payer, project, person, currency, overrun }: HoldInput): Shown => ({
  id,
  payer,
  project,
  person,
  currency,
  overrun,
})

function payerId({ payer, project, person }: Shown): string {
  if (payer === project) return idOf('project', payer)
  return payer === person ? idOf('person', payer) : idOf('organisation', payer)
}

function refuseHold(
  desk: Desk,
  owners: readonly string[],
  payer: string,
  currency: string,
  nanos: bigint,
  at: number,
): { readonly problem: Problem } | { readonly windows: readonly BudgetWindow[] } {
  const windows = desk.windowsOf(owners, currency, at)
  const problem = refuseWallet(desk, payer, currency, nanos) ?? refuseWindows(desk, windows, nanos)
  return problem ? { problem } : { windows }
}

function refuseWallet(desk: Desk, payer: string, currency: string, nanos: bigint): Problem | undefined {
  const free = desk.available(payer, currency)
  return free < nanos ? shortOf(currency, nanos, free) : undefined
}

function refuseWindows(desk: Desk, windows: readonly BudgetWindow[], nanos: bigint): Problem | undefined {
  const over = windows.find(({ used, amount }) => used + nanos > amount)
  return over && new BudgetExhausted(over, desk.walletsById.get(over.wallet)?.owner ?? null)
}

const shortOf = (currency: string, asked: bigint, free: bigint): Problem =>
  new Problem('insufficient-credits', { currency, asked: nanosText(asked), available: nanosText(free) })
