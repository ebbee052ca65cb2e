import type { LaneCommand } from '../operations/lane-command.ts'
import { nanosText } from '../values/money.ts'
import type { Desk, Want } from './desk.ts'
import { house } from './end.ts'
import { spendFrom } from './lot.ts'

/**
 * Takes back what wallets have and nobody holds, to where credits come from; dated ones go first, so that none are left
 * beside less money. What is held stays, and a debt stays one.
 */
export const withdrawCommand = (
  owners: readonly string[],
  currency: string,
  answerOf: (total: bigint) => unknown = (total) => ({ currency, amount: nanosText(total) }),
): LaneCommand<Want, Desk> => ({
  wants: { owners, currency },
  decide(desk, turn) {
    const taken = owners.flatMap((owner) => {
      const wallet = desk.wallet(owner, currency)
      const nanos = wallet ? wallet.posted - wallet.held : 0n
      return wallet && nanos > 0n ? [{ wallet, nanos }] : []
    })
    return {
      ok: true,
      answer: answerOf(taken.reduce((sum, { nanos }) => sum + nanos, 0n)),
      apply(own) {
        for (const { wallet, nanos } of taken) {
          const { owner } = wallet
          const draws = wallet.nextExpiry === null ? [] : spendFrom(desk.lotsOf(wallet), nanos, turn.at)
          desk.draw(own, draws, undefined)
          const credit = { owner: house, kind: 'credits_granted' } as const
          desk.post(own, { debit: { owner, kind: 'wallet' }, credit, nanos, reason: 'withdraw' }, currency)
        }
      },
    }
  },
})
