import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import { type FlowLine, flowsTold, isOut } from './flow.ts'
import { type FlowRow, flows } from './flows/sql.ts'
import { walletsOf } from './listing-commands.ts'
import type { shownWallet } from './shown.ts'

/** One wallet in a statement: what went in and out of it in the time asked for, and how it stands now. */
export type WalletLine = {
  readonly currency: string
  /** Less what was withdrawn again. */
  readonly granted: bigint
  /** By usage, less what was taken back. */
  readonly spent: bigint
  /** Less what corrections took back, because all of the charge comes back by them. */
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
  const now = Date.now()
  const isNow = (from === null || from.getTime() <= now) && (to === null || to.getTime() > now)
  return found.map(({ row: wallet, shown }) => {
    const own = moved.filter(({ currency }) => currency === shown.currency)
    const sum = (line: FlowLine): bigint => {
      const rows = own.filter((row) => flowsTold.some((each) => each.line === line && isOf(row, each)))
      const nanos = (side: FlowRow['side']) =>
        rows.reduce((total, row) => (row.side === side ? total + nanosFrom(row.amount) : total), 0n)
      return isOut(line) ? nanos('debit') - nanos('credit') : nanos('credit') - nanos('debit')
    }
    return {
      currency: shown.currency,
      granted: sum('granted'),
      spent: sum('spent'),
      refunded: sum('refunded'),
      // What ran out is gone from how it stands now, posted or not.
      expired: sum('expired') + (isNow ? nanosFrom(wallet.due_posted) : 0n),
      movedIn: sum('movedIn'),
      movedOut: sum('movedOut'),
      now: shown,
    }
  })
}

const isOf = (row: FlowRow, told: Pick<FlowRow, 'side' | 'reason'>): boolean =>
  row.side === told.side && row.reason === told.reason
