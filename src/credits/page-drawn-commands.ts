import type { Writer } from '../database/writer.ts'
import type { Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import type { Desk } from './desk.ts'
import { loadLots } from './desk-load-commands.ts'
import { dueBack, type GivenBack, inTurn, type Pool, roomFor } from './page.ts'
import { drawnByPages } from './page/sql.ts'

/** What a page of usage drew of dated credits at first, and so much of it as did not come back. */
export type DrawnPage = {
  readonly page: bigint
  readonly wallet: bigint
  readonly lot: bigint
  readonly first: bigint
  left: bigint
}

/** The last to expire first. */
export async function drawnOfPages(writer: Writer, pages: readonly bigint[]): Promise<DrawnPage[]> {
  if (pages.length === 0) return []
  return (await drawnByPages(writer, pages)).map(({ page, wallet, lot, first, spent }) => {
    return {
      page: BigInt(page),
      wallet: BigInt(wallet),
      lot: BigInt(lot),
      first: nanosFrom(first),
      left: nanosFrom(spent),
    }
  })
}

/** What comes back to credits whose time is over expires with the next batch that touches the wallet. */
export async function giveToLots(
  writer: Writer,
  desk: Desk,
  turn: Turn,
  givenBack: readonly GivenBack[],
  drawn: readonly DrawnPage[],
): Promise<void> {
  await loadLots(writer, desk, [...new Set(drawn.filter(({ left }) => left > 0n).map(({ lot }) => lot))])
  const doneOf = new Map<GivenBack, bigint>()
  for (const { of, pages, isOfOthers } of inTurn(givenBack)) {
    const wallet = desk.wallet(of.owner, of.currency)
    if (!wallet) continue
    const own = drawn.filter((each) => each.wallet === wallet.id)
    const due = isOfOthers ? dueBack(of, firstsIn(own)) : of.nanos
    for (const each of own) {
      const part = least(each.left, due - (doneOf.get(of) ?? 0n))
      const lot = desk.lotsOf(wallet).find(({ id }) => id === each.lot)
      if (!lot || part <= 0n || !pages.has(each.page)) continue
      desk.draw(turn, [{ lot, posted: part, held: 0n, page: each.page }], undefined)
      each.left -= part
      doneOf.set(of, (doneOf.get(of) ?? 0n) + part)
    }
  }
}

/** How much more of a true-up may be paid by dated credits. */
export function roomInLots(drawn: readonly DrawnPage[], pool: Pool, wallet: bigint): bigint {
  const pages = new Set(pool.pages.map(({ page }) => page))
  const own = drawn.filter((each) => each.wallet === wallet && pages.has(each.page))
  return roomFor(
    pool,
    firstsIn(own),
    own.reduce((sum, { left }) => sum + left, 0n),
  )
}

const firstsIn = (drawn: readonly DrawnPage[]) => {
  const firsts = new Map<bigint, bigint>()
  for (const { page, first } of drawn) firsts.set(page, (firsts.get(page) ?? 0n) + first)
  return (page: bigint): bigint => firsts.get(page) ?? 0n
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
