import { localOf, periodOf } from '../values/period.ts'

export type Span = 'day' | 'month' | 'total'

/** What may be spent by a payer, or by everybody below it, in each day, each month or in all; holds count as spent. */
export type Budget = {
  readonly wallet: bigint
  readonly span: Span
  readonly amount: bigint
}

/** One day or month of a budget. */
export type BudgetWindow = {
  readonly wallet: bigint
  readonly span: Span
  /** Its first day; of a budget in all, the first day there is. */
  readonly starts: string
  amount: bigint
  used: bigint
  overrun: bigint
}

export const windowKey = (wallet: bigint, span: Span, starts: string): string => `${wallet} ${span} ${starts}`

const everStarts = '0001-01-01'

export function windowStart(span: Span, at: number, zone: string): string {
  if (span === 'month') return periodOf(at, zone)
  if (span === 'total') return everStarts
  const { year, month, day } = localOf(at, zone)
  return `${year}-${two(month)}-${two(day)}`
}

const two = (number: number): string => String(number).padStart(2, '0')

/**
 * After it was used beyond what it allows, or given back to: overrun is exactly what lies beyond. What is given back of
 * a month before leaves nothing to spend in this one.
 */
export function use(window: BudgetWindow, nanos: bigint): void {
  window.used = window.used + nanos > 0n ? window.used + nanos : 0n
  const beyond = window.used - window.amount
  window.overrun = beyond > 0n ? beyond : 0n
}

/** So much of what a reservation holds counts in this window. */
export type Count = { readonly window: BudgetWindow; held: bigint }

/** What a reservation sets aside more counts in the windows of the moment. */
export function countMore(counts: Count[], windows: readonly BudgetWindow[], nanos: bigint): void {
  for (const window of windows) {
    const known = counts.find((count) => count.window === window)
    if (known) known.held += nanos
    else counts.push({ window, held: nanos })
  }
}

/**
 * After a part of it was spent: what is spent stays used where it was held, the oldest first. What was held before there
 * was a budget is the oldest of all, and counts nowhere.
 */
export function countSpent(counts: readonly Count[], heldNow: bigint): void {
  const byStart = [...counts].sort((a, b) => (a.window.starts < b.window.starts ? -1 : 1))
  for (const count of byStart) {
    const { wallet, span } = count.window
    const same = byStart.filter(({ window }) => window.wallet === wallet && window.span === span)
    const excess = same.reduce((sum, { held }) => sum + held, 0n) - heldNow
    if (excess > 0n) count.held -= excess < count.held ? excess : count.held
  }
}
