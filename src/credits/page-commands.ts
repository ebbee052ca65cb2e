import { append, type Writer } from '../database/writer.ts'
import { post } from '../ledger/commands.ts'
import type { Transfer } from '../ledger/transfer.ts'
import { openWallets } from '../ledger/wallet-commands.ts'
import { Turn } from '../operations/lane-command.ts'
import { organisationsOf } from '../parties/commands.ts'
import type { BudgetWindow } from './budget.ts'
import { type Desk, walletKey } from './desk.ts'
import { DeskBooks } from './desk-commands.ts'
import { spendFrom } from './lot.ts'
import { type GivenBack, pagesOf, type Pool, type Spent } from './page.ts'
import { countedOfPages, countLess, countOnPage, roomInBudget, walletsThatCount } from './page-counted-commands.ts'
import { drawnOfPages, giveToLots, roomInLots } from './page-drawn-commands.ts'

export type OfPage = {
  /** What wallets paid for the usage of each person. */
  readonly people?: readonly Spent[]
  /** Of what comes back, what had been paid by which pages: it goes back to the credits and the budgets that it came from. */
  readonly givenBack?: readonly GivenBack[]
  /** What was paid in the months of true-ups: what these only take back is not drawn of dated credits anew, and counts nowhere. */
  readonly pools?: readonly Pool[]
}

/**
 * Posts transfers of a page, of which some are paid from wallets: always, because the usage has happened; what a wallet
 * does not hold becomes its overrun. Dated credits go first, the soonest before the others; what is given back goes to
 * the dated credits that paid it, as far as they did. The budgets of the project, its organisation and the people who
 * used it count it; what is given back counts no more where it counted. The wallets are locked here, and the other accounts after them, so this comes last in an operation.
 */
export async function postFromWallets(
  writer: Writer,
  zone: string,
  transfers: readonly Transfer[],
  of: OfPage = {},
): Promise<void> {
  const moved = movedByWallet(transfers)
  if (moved.size > 0) await move(writer, zone, [...moved.values()], of)
  await post(writer, transfers)
}

type Moved = { readonly owner: string; readonly currency: string; out: bigint; back: bigint }

function movedByWallet(transfers: readonly Transfer[]): Map<string, Moved> {
  const moved = new Map<string, Moved>()
  const at = (owner: string, currency: string) => {
    const key = walletKey(owner, currency)
    let known = moved.get(key)
    if (!known) moved.set(key, (known = { owner, currency, out: 0n, back: 0n }))
    return known
  }
  for (const { debit, credit, currency, nanos, reason } of transfers) {
    // A refund that is taken back pays no usage: so much less comes back of the charge that it was of.
    if (debit.kind === 'wallet' && reason === 'refund') at(debit.owner, currency).back -= nanos
    else if (debit.kind === 'wallet') at(debit.owner, currency).out += nanos
    if (credit.kind === 'wallet') at(credit.owner, currency).back += nanos
  }
  return moved
}

async function move(writer: Writer, zone: string, moved: readonly Moved[], of: OfPage): Promise<void> {
  const { people = [], givenBack = [], pools = [] } = of
  const pages = pagesOf(givenBack, pools)
  await openWallets(writer, moved)
  const above = await organisationsOf(
    writer,
    moved.map(({ owner }) => owner),
  )
  const ownersOf = (owner: string) => [owner, ...[above.get(owner)].filter((each) => each !== undefined)]
  const wants = [
    ...moved.map(({ owner, currency }) => ({ owners: ownersOf(owner), currency })),
    ...[...people, ...givenBack].map(({ owner, currency }) => ({ owners: [owner], currency })),
    // A project may have moved since to another organisation.
    { owners: [], wallets: await walletsThatCount(writer, pages) },
  ]
  const books = new DeskBooks(zone)
  await books.resolve(writer, wants)
  const desk: Desk = await books.lock(writer, wants)
  const at = Math.max(writer.at.getTime(), books.notBefore(desk))
  await books.load(writer, desk, wants, at)
  const turn = new Turn(writer.operation, at, () => writer.nextId())
  const [drawn, counted] = [await drawnOfPages(writer, pages), await countedOfPages(writer, pages)]
  await giveToLots(writer, desk, turn, givenBack, drawn)
  await countLess(writer, desk, turn, givenBack, counted)
  for (const { owner, currency, out, back } of moved) {
    const wallet = desk.wallet(owner, currency)
    const pool = pools.find((each) => each.owner === owner && each.currency === currency)
    if (wallet && wallet.nextExpiry !== null) {
      const lots = desk.lotsOf(wallet)
      // Besides what is spent, debt is paid first: no dated credits are left beside it but what reservations hold.
      const beside = lots.reduce((sum, { posted }) => sum + posted, 0n) - (wallet.posted + back - out)
      const spent = pool ? least(out, roomInLots(drawn, pool, wallet.id)) : out
      const draws = spendFrom(lots, beside > spent ? beside : spent, at)
      desk.draw(
        turn,
        draws.map((draw) => ({ ...draw, page: writer.operation })),
        undefined,
      )
    }
    const roomIn = pool && ((window: BudgetWindow) => roomInBudget(counted, pool, window))
    countOnPage(desk, turn, { owner, nanos: out }, desk.windowsOf(ownersOf(owner), currency, at), roomIn)
  }
  for (const { owner, currency, nanos } of people) {
    countOnPage(desk, turn, { owner, nanos }, desk.windowsOf([owner], currency, at))
  }
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

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
