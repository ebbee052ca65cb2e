import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import { type BudgetWindow, type Span, windowKey } from './budget.ts'
import type { Desk } from './desk.ts'
import { loadWindows } from './desk-load-commands.ts'
import { byOwner, type GivenBack, type Pool, roomFor, type Taken, takeBack } from './page.ts'
import { countedByPages, walletsOfPages } from './page/sql.ts'
import { countLine, countsTable, type PageCount } from './sql.ts'

/** What an owner used on a page counted in this window at first, and so much of it still does. */
export type CountedPage = Taken & {
  readonly owner: string
  readonly wallet: bigint
  readonly span: Span
  readonly starts: string
}

/** Whose budgets count some pages. */
export const walletsThatCount = async (reader: Reader, pages: readonly bigint[]): Promise<bigint[]> =>
  pages.length === 0 ? [] : (await walletsOfPages(reader, pages)).map(({ wallet }) => BigInt(wallet))

/**
 * Where in budgets counts what is given back. It is written down as it is charged: unlike with a reservation, nothing
 * else says to which organisation its project belonged, and which budgets its operation saw once it had its wallets.
 */
export async function countedOfPages(reader: Reader, pages: readonly bigint[]): Promise<CountedPage[]> {
  if (pages.length === 0) return []
  const found = await countedByPages(reader, pages)
  return found.map(({ page, owner, wallet, span, starts, first, nanos }) => {
    return {
      page: BigInt(page),
      owner,
      wallet: BigInt(wallet),
      span,
      starts,
      first: nanosFrom(first),
      left: nanosFrom(nanos),
    }
  })
}

/** What is used on the page of this operation counts in the windows of the moment. */
export function countOnPage(
  desk: Desk,
  turn: Turn,
  { owner, nanos }: Pick<PageCount, 'owner' | 'nanos'>,
  windows: readonly BudgetWindow[],
  roomIn: (window: BudgetWindow) => bigint = () => nanos,
): void {
  for (const window of windows) {
    const counted = least(nanos, roomIn(window))
    if (counted > 0n) count(desk, turn, window, { page: turn.operation, owner, nanos: counted })
  }
}

/**
 * What is given back counts no more, in the windows where it counted, the newest first. These are read under the locks of their
 * wallets, and it comes before anything else changes them.
 */
export async function countLess(
  writer: Writer,
  desk: Desk,
  turn: Turn,
  givenBack: readonly GivenBack[],
  counted: readonly CountedPage[],
): Promise<void> {
  const windows = counted.filter(({ left }) => left > 0n)
  const distinct = new Map(windows.map((of) => [windowKey(of.wallet, of.span, of.starts), of]))
  await loadWindows(writer, desk, [...distinct.values()])
  const alike = byOwner(givenBack)
  const byBudget = Map.groupBy(counted, ({ owner, wallet, span }) => `${owner} ${wallet} ${span}`)
  for (const same of byBudget.values()) {
    const { owner, wallet, span } = same[0] as CountedPage
    const currency = desk.walletsById.get(wallet)?.currency
    takeBack(same, alike.get(`${owner} ${currency}`) ?? [], ({ page, starts }, nanos) =>
      count(desk, turn, desk.window(wallet, span, starts, 0n), { page, owner, nanos: -nanos }),
    )
  }
}

/** How much more of a true-up may count in a budget. */
export const roomInBudget = (counted: readonly CountedPage[], pool: Pool, { wallet, span }: BudgetWindow): bigint =>
  roomFor(
    pool,
    counted.filter((each) => each.owner === pool.owner && each.wallet === wallet && each.span === span),
  )

function count(desk: Desk, turn: Turn, window: BudgetWindow, counted: PageCount): void {
  desk.use([window], counted.nanos)
  const id = turn.nextId()
  turn.add(countsTable, () => countLine(id, counted, window, turn.operation))
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
