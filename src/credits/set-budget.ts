import type { LaneCommand, Turn } from '../operations/lane-command.ts'
import { numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import { type Span, use, windowStart } from './budget.ts'
import type { Desk, Want } from './desk.ts'
import { requireOpened, walletAt } from './grant.ts'

export type BudgetInput = {
  readonly owner: string
  readonly currency: string
  readonly span: Span
  /** Null ends it. */
  readonly nanos: bigint | null
}

type WriteBudget = (turn: Turn, id: bigint, wallet: bigint, input: BudgetInput) => void

/**
 * Sets what a payer, or everybody below it, may spend in each day, each month or in all. It counts what is held and
 * spent while a budget of that span stands.
 */
export const budgetCommand = (input: BudgetInput, write: WriteBudget): LaneCommand<Want, Desk> => ({
  wants: { owners: [input.owner], currency: input.currency, span: input.span },
  decide(desk, turn) {
    const { owner, currency, span, nanos } = input
    const wallet = walletAt(desk, owner, currency)
    const id = turn.nextId()
    return {
      ok: true,
      answer: { id: numbered('budget', id), currency, span, amount: nanos === null ? null : nanosText(nanos) },
      apply() {
        requireOpened(wallet)
        const others = (desk.budgets.get(wallet.id) ?? []).filter((budget) => budget.span !== span)
        desk.budgets.set(wallet.id, nanos === null ? others : [...others, { wallet: wallet.id, span, amount: nanos }])
        wallet.budgets = desk.budgets.get(wallet.id)?.length ?? 0
        desk.changedWallets.add(wallet)
        write(turn, id, wallet.id, input)
        if (nanos === null) return
        const window = desk.window(wallet.id, span, windowStart(span, turn.at, desk.zone), nanos)
        window.amount = nanos
        use(window, 0n)
        desk.changedWindows.add(window)
      },
    }
  },
})
