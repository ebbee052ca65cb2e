import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import { flows } from './flows/sql.ts'
import { walletsOf } from './listing-commands.ts'
import type { shownWallet } from './shown.ts'

/** One wallet in a statement: what went in and out of it in the time asked for, and how it stands now. */
export type WalletLine = {
  readonly currency: string
  /** Less what was withdrawn again. */
  readonly granted: bigint
  /** By usage, less what was taken back. */
  readonly spent: bigint
  readonly refunded: bigint
  readonly expired: bigint
  readonly movedIn: bigint
  readonly movedOut: bigint
  readonly now: ReturnType<typeof shownWallet>
}

/** The wallets of a payer, with what moved in [from, to). */
export async function walletLinesOf(
  reader: Reader,
  owner: string,
  from: Date | null,
  to: Date | null,
): Promise<WalletLine[]> {
  const moved = await flows(reader, owner, from, to)
  const found = await walletsOf(reader, { scope: null, payer: owner, currency: null, after: null, limit: 1000 })
  return found.map(({ shown }) => {
    const sum = (side: 'debit' | 'credit', ...reasons: string[]) =>
      moved
        .filter((row) => row.currency === shown.currency && row.side === side && reasons.includes(row.reason))
        .reduce((total, { amount }) => total + nanosFrom(amount), 0n)
    const usage = ['settle', 'charge', 'true-up', 'reversal'] as const
    return {
      currency: shown.currency,
      granted: sum('credit', 'grant') - sum('debit', 'withdraw'),
      spent: sum('debit', ...usage) - sum('credit', ...usage),
      refunded: sum('credit', 'refund'),
      expired: sum('debit', 'expire'),
      movedIn: sum('credit', 'move'),
      movedOut: sum('debit', 'move'),
      now: shown,
    }
  })
}
