import { append, type Writer } from '../database/writer.ts'
import { post } from '../ledger/commands.ts'
import type { Transfer } from '../ledger/transfer.ts'
import { openWallets } from '../ledger/wallet-commands.ts'
import { Turn } from '../operations/lane-command.ts'
import { organisationsOf } from '../parties/commands.ts'
import type { Desk } from './desk.ts'
import { walletKey } from './desk.ts'
import { DeskBooks } from './desk-commands.ts'
import { spendFrom } from './lot.ts'

/**
 * Posts transfers of a page, of which some are paid from wallets: always, because the usage has happened; what a wallet
 * does not hold becomes its overrun. Dated credits go first, the soonest before the others, and the budgets of the
 * project, its organisation and the people who used it count it. What is given back comes as undated credits. The wallets are locked here, and
 * the other accounts after them, so this comes last in an operation.
 */
export async function postFromWallets(
  writer: Writer,
  zone: string,
  transfers: readonly Transfer[],
  people: readonly Spent[] = [],
): Promise<void> {
  const spent = spentByWallet(transfers)
  if (spent.size > 0) await spend(writer, zone, [...spent.values()], people)
  await post(writer, transfers)
}

type Spent = { readonly owner: string; readonly currency: string; nanos: bigint }

/** What leaves each wallet, less what comes back to it. */
function spentByWallet(transfers: readonly Transfer[]): Map<string, Spent> {
  const spent = new Map<string, Spent>()
  const add = (owner: string, currency: string, nanos: bigint) => {
    const key = walletKey(owner, currency)
    const known = spent.get(key)
    if (known) known.nanos += nanos
    else spent.set(key, { owner, currency, nanos })
  }
  for (const { debit, credit, currency, nanos } of transfers) {
    if (debit.kind === 'wallet') add(debit.owner, currency, nanos)
    if (credit.kind === 'wallet') add(credit.owner, currency, -nanos)
  }
  return spent
}

async function spend(writer: Writer, zone: string, spent: readonly Spent[], people: readonly Spent[]): Promise<void> {
  await openWallets(writer, spent)
  const above = await organisationsOf(
    writer,
    spent.map(({ owner }) => owner),
  )
  const ownersOf = (owner: string) => [owner, ...[above.get(owner)].filter((each) => each !== undefined)]
  const wants = [
    ...spent.map(({ owner, currency }) => ({ owners: ownersOf(owner), currency })),
    ...people.map(({ owner, currency }) => ({ owners: [owner], currency })),
  ]
  const books = new DeskBooks(zone)
  const desk: Desk = await books.lock(writer, wants)
  const at = Math.max(writer.at.getTime(), books.notBefore(desk))
  await books.load(writer, desk, wants, at)
  const turn = new Turn(writer.operation, at, () => writer.nextId())
  for (const { owner, currency, nanos } of spent) {
    const wallet = desk.wallet(owner, currency)
    if (nanos > 0n && wallet && wallet.nextExpiry !== null) {
      desk.draw(turn, spendFrom(desk.lotsOf(wallet), nanos, at), undefined)
    }
    desk.use(desk.windowsOf(ownersOf(owner), currency, at), nanos)
  }
  for (const { owner, currency, nanos } of people) desk.use(desk.windowsOf([owner], currency, at), nanos)
  await books.write(writer, desk, at)
  for (const table of new Set(turn.rows.map((row) => row.table))) {
    await append(
      writer,
      table,
      turn.rows.filter((row) => row.table === table),
      ({ line }) => line(),
    )
  }
}
