import { Problem } from '../http/problem.ts'
import type { LaneCommand, Turn } from '../operations/lane-command.ts'
import { nanosMax, nanosText } from '../values/money.ts'
import type { Desk, Want } from './desk.ts'
import { house } from './end.ts'
import { type Grant, requireOpened, walletAt } from './grant.ts'

export type GrantThroughInput = {
  /** Whom it is granted to, and whom it goes on to at once. */
  readonly through: string
  readonly owner: string
  readonly currency: string
  readonly nanos: bigint
  readonly origin: string
}

/** Grants credits to one wallet and moves them on to another in one operation: what the first one had, it still has. */
export const grantThroughCommand = (
  input: GrantThroughInput,
  write: (turn: Turn, grant: Grant) => void,
): LaneCommand<Want, Desk> => ({
  wants: { owners: [input.through, input.owner], currency: input.currency },
  decide(desk, turn) {
    const { through, owner, currency, nanos, origin } = input
    const [first, last] = [walletAt(desk, through, currency), walletAt(desk, owner, currency)]
    if (first.posted + nanos >= nanosMax || last.posted + nanos >= nanosMax) {
      const detail = 'amount: the wallet would hold 1e20 or more.'
      return { ok: false, problem: new Problem('request-invalid', { detail }) }
    }
    const id = turn.nextId()
    return {
      ok: true,
      answer: { currency, amount: nanosText(nanos) },
      apply(own) {
        requireOpened(first)
        requireOpened(last)
        const debit = { owner: house, kind: 'credits_granted' } as const
        const [middle, credit] = [
          { owner: through, kind: 'wallet' },
          { owner, kind: 'wallet' },
        ] as const
        const transfer = desk.post(own, { debit, credit: middle, nanos, reason: 'grant' }, currency)
        write(own, { id, wallet: first.id, nanos, origin, expiresAt: null, transfer })
        desk.post(own, { debit: middle, credit, nanos, reason: 'move' }, currency)
        desk.payDebt(own, last)
      },
    }
  },
})
