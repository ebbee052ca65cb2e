import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import type { BudgetWindow, Span } from './budget.ts'
import type { Desk } from './desk.ts'
import { loadWindows } from './desk-load-commands.ts'
import { dueBack, type GivenBack, inTurn, type Pool, roomFor } from './page.ts'
import { countedByPages } from './page/sql.ts'
import { countLine, countsTable, type PageCount } from './sql.ts'

/** What an owner used on a page counted in this window at first, and so much of it still does. */
export type CountedPage = {
  readonly page: bigint
  readonly owner: string
  readonly wallet: bigint
  readonly span: Span
  readonly starts: string
  readonly first: bigint
  left: bigint
}

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
  await loadWindows(
    writer,
    desk,
    counted.filter(({ left }) => left > 0n),
  )
  const byOwner = Map.groupBy(counted, ({ owner }) => owner)
  const doneOf = new Map(givenBack.map((each) => [each, new Map<string, bigint>()]))
  for (const { of, pages, isOfOthers } of inTurn(givenBack)) {
    const { owner, currency } = of
    const done = doneOf.get(of) ?? new Map<string, bigint>()
    const own = byOwner.get(owner) ?? []
    for (const each of own) {
      const { page, wallet, span, starts } = each
      if (!pages.has(page) || desk.walletsById.get(wallet)?.currency !== currency) continue
      const budget = `${wallet} ${span}`
      const due = isOfOthers ? dueBack(of, firstsIn(own, each)) : of.nanos
      const back = least(each.left, due - (done.get(budget) ?? 0n))
      if (back <= 0n) continue
      each.left -= back
      done.set(budget, (done.get(budget) ?? 0n) + back)
      count(desk, turn, desk.window(wallet, span, starts, 0n), { page, owner, nanos: -back })
    }
  }
}

/** How much more of a true-up may count in a budget. */
export function roomInBudget(counted: readonly CountedPage[], pool: Pool, window: BudgetWindow): bigint {
  const pages = new Set(pool.pages.map(({ page }) => page))
  const own = counted.filter(({ owner }) => owner === pool.owner)
  const left = own.reduce((sum, each) => (isOf(each, window) && pages.has(each.page) ? sum + each.left : sum), 0n)
  return roomFor(pool, firstsIn(own, window), left)
}

type Of = { readonly wallet: bigint; readonly span: Span }
const isOf = (one: Of, other: Of): boolean => one.wallet === other.wallet && one.span === other.span

const firstsIn = (counted: readonly CountedPage[], budget: Of) => {
  const firsts = new Map<bigint, bigint>()
  for (const each of counted) if (isOf(each, budget)) firsts.set(each.page, each.first)
  return (page: bigint): bigint => firsts.get(page) ?? 0n
}

function count(desk: Desk, turn: Turn, window: BudgetWindow, counted: PageCount): void {
  desk.use([window], counted.nanos)
  const id = turn.nextId()
  turn.add(countsTable, () => countLine(id, counted, window, turn.operation))
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
