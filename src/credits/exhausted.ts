import { Problem } from '../http/problem.ts'
import { numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import type { BudgetWindow } from './budget.ts'

/** A budget does not allow that much more; whose it is decides who is told what is left of it. */
export class BudgetExhausted extends Problem {
  readonly owner: string | null
  readonly wallet: bigint

  constructor({ wallet, span, starts, used, amount }: BudgetWindow, owner: string | null) {
    super('budget-exhausted', {
      wallet: numbered('account', wallet),
      span,
      since: starts,
      allows: nanosText(amount),
      left: nanosText(amount > used ? amount - used : 0n),
    })
    this.owner = owner
    this.wallet = wallet
  }
}
