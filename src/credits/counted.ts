import { type BudgetWindow, type Count, countMore, countSpent, type Span, windowKey, windowStart } from './budget.ts'
import type { Reservation, StepKind } from './reservation.ts'

/** A budget as it was set, by rising id; without an amount it ended. */
export type PastBudget = {
  readonly id: bigint
  readonly wallet: bigint
  readonly span: Span
  readonly amount: bigint | null
}

export type PastStep = {
  readonly id: bigint
  readonly operation: bigint
  readonly kind: StepKind
  readonly heldDelta: bigint
  readonly charged: bigint
  readonly absorbed: bigint
  readonly at: number
}

/** So much of what was paid counts in this window. */
export type Counted = { readonly window: BudgetWindow; readonly nanos: bigint }

/**
 * Where in budgets each settling of a reservation counts, by its operation, the newest windows first. Worked out from
 * its history, because refunds are rare and settlings are not: nothing is written down for them.
 */
export function countedIn(
  reservation: Reservation,
  steps: readonly PastStep[],
  budgets: readonly PastBudget[],
  zone: string,
): Map<bigint, Counted[]> {
  const windows = new Map<string, BudgetWindow>()
  const windowsAt = (id: bigint, at: number): BudgetWindow[] =>
    standingAt(budgets, id).map(({ wallet, span }) => {
      const starts = windowStart(span, at, zone)
      const key = windowKey(wallet, span, starts)
      let window = windows.get(key)
      if (!window) windows.set(key, (window = { wallet, span, starts, amount: 0n, used: 0n, overrun: 0n }))
      return window
    })
  const counts: Count[] = []
  let { amount: held } = reservation
  countMore(counts, windowsAt(reservation.id, reservation.at), held)
  const found = new Map<bigint, Counted[]>()
  for (const { id, operation, kind, heldDelta, charged, absorbed, at } of steps) {
    if (kind === 'grow') countMore(counts, windowsAt(id, at), heldDelta)
    if (kind !== 'settle' && kind !== 'late') {
      held += heldDelta
      if (kind === 'release' || kind === 'expire') counts.length = 0
      continue
    }
    const covered = kind === 'late' ? 0n : least(held, charged)
    const paid: Count[] = counts.map(({ window, held: before }) => ({ window, held: before }))
    held -= covered
    countSpent(counts, held)
    for (const [n, count] of paid.entries()) count.held -= (counts[n] as Count).held
    countMore(paid, windowsAt(id, at), charged - absorbed - covered)
    found.set(operation, paid.map(({ window, held: nanos }) => ({ window, nanos })).toSorted(newestFirst))
  }
  return found
}

const newestFirst = (a: Counted, b: Counted): number =>
  a.window.starts < b.window.starts ? 1 : a.window.starts > b.window.starts ? -1 : 0

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** The budgets that stood when this id was given. */
function standingAt(budgets: readonly PastBudget[], id: bigint): PastBudget[] {
  const newest = new Map<string, PastBudget>()
  for (const budget of budgets) if (budget.id < id) newest.set(`${budget.wallet} ${budget.span}`, budget)
  return [...newest.values()].filter(({ amount }) => amount !== null)
}
