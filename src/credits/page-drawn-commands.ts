import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import type { Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import type { Desk } from './desk.ts'
import { loadLots } from './desk-load-commands.ts'
import { byOwner, type GivenBack, type Pool, roomFor, type Taken, takeBack } from './page.ts'
import { drawnByPages } from './page/sql.ts'

/** What a page of usage drew of dated credits at first, and so much of it as did not come back. */
export type DrawnPage = Taken & { readonly wallet: bigint; readonly lot: bigint }

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
  const byWallet = Map.groupBy(drawn, ({ wallet }) => wallet)
  for (const alike of byOwner(givenBack).values()) {
    const { owner, currency } = alike[0] as GivenBack
    const wallet = desk.wallet(owner, currency)
    if (!wallet) continue
    const lots = new Map(desk.lotsOf(wallet).map((lot) => [lot.id, lot]))
    takeBack(byWallet.get(wallet.id) ?? [], alike, ({ lot: id, page }, nanos) => {
      const lot = lots.get(id)
      assert(lot, 'what is left of a page was drawn of lots that its wallet has')
      desk.draw(turn, [{ lot, posted: nanos, held: 0n, page }], undefined)
    })
  }
}

/** How much more of a true-up may be paid by dated credits. */
export const roomInLots = (drawn: readonly DrawnPage[], pool: Pool, wallet: bigint): bigint =>
  roomFor(
    pool,
    drawn.filter((each) => each.wallet === wallet),
  )
