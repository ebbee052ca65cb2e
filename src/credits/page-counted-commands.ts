import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import type { BudgetWindow, Span } from './budget.ts'
import type { Desk } from './desk.ts'
import { loadWindows } from './desk-load-commands.ts'
import { type GivenBack, inTurn, pagesOf } from './page.ts'
import { truedOf } from './page-trued-commands.ts'
import { countedByPages } from './page/sql.ts'
import { countLine, countsTable, type PageCount } from './sql.ts'

/** So much of what an owner used on a page still counts in this window. */
type CountedPage = {
  readonly page: bigint
  readonly owner: string
  readonly wallet: bigint
  readonly span: Span
  readonly starts: string
  left: bigint
}

/**
 * Where in budgets counts what is given back. It is written down as it is charged: unlike with a reservation, nothing
 * else says to which organisation its project belonged, and which budgets its operation saw once it had its wallets.
 */
export async function countedOfPages(reader: Reader, givenBack: readonly GivenBack[]): Promise<CountedPage[]> {
  if (givenBack.length === 0) return []
  const found = await countedByPages(reader, pagesOf(givenBack))
  return found.map(({ page, owner, wallet, span, starts, nanos }) => {
    return { page: BigInt(page), owner, wallet: BigInt(wallet), span, starts, left: nanosFrom(nanos) }
  })
}

/** What is used on the page of this operation counts in the windows of the moment. */
export function countOnPage(
  desk: Desk,
  turn: Turn,
  { owner, nanos }: Pick<PageCount, 'owner' | 'nanos'>,
  windows: readonly BudgetWindow[],
): void {
  if (nanos > 0n) for (const window of windows) count(desk, turn, window, { page: turn.operation, owner, nanos })
}

/**
 * What is given back counts no more, in the windows where it counted, the newest first. These are read here under the locks of their
 * wallets, so it comes before anything else changes them.
 */
export async function countLess(
  writer: Writer,
  desk: Desk,
  turn: Turn,
  givenBack: readonly GivenBack[],
): Promise<void> {
  const counted = await countedOfPages(writer, givenBack)
  await loadWindows(writer, desk, counted)
  const byOwner = Map.groupBy(counted, ({ owner }) => owner)
  const trued = await truedOf(writer, givenBack)
  const doneOf = new Map(givenBack.map((each) => [each, new Map<string, bigint>()]))
  for (const { of, pages, isOfOthers } of inTurn(givenBack)) {
    const { owner, currency, nanos } = of
    const done = doneOf.get(of) ?? new Map<string, bigint>()
    const ofOthers = new Map<string, bigint>()
    for (const each of byOwner.get(owner) ?? []) {
      const { page, wallet, span, starts } = each
      if (!pages.has(page) || desk.walletsById.get(wallet)?.currency !== currency) continue
      const budget = `${wallet} ${span}`
      let open = nanos - (done.get(budget) ?? 0n)
      if (isOfOthers) open = least(open, trued.inBudgets(of, wallet, span) - (ofOthers.get(budget) ?? 0n))
      const back = least(each.left, open)
      if (back <= 0n) continue
      each.left -= back
      ofOthers.set(budget, (ofOthers.get(budget) ?? 0n) + back)
      done.set(budget, (done.get(budget) ?? 0n) + back)
      count(desk, turn, desk.window(wallet, span, starts, 0n), { page, owner, nanos: -back })
    }
  }
}

function count(desk: Desk, turn: Turn, window: BudgetWindow, counted: PageCount): void {
  desk.use([window], counted.nanos)
  const id = turn.nextId()
  turn.add(countsTable, () => countLine(id, counted, window, turn.operation))
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
