import { strict as assert } from 'node:assert'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { nanosFrom } from '../values/money.ts'
import { type Span, windowStart } from './budget.ts'
import type { Desk } from './desk.ts'
import { type Lot, soonestFirst } from './lot.ts'
import { lotsById } from './page/sql.ts'
import * as sql from './sql.ts'

/** What belongs to the wallets of a batch and is read after they are locked: dated credits, and budgets. */
export function putLot(desk: Desk, row: sql.LotRow): void {
  const lot: Lot = {
    id: BigInt(row.id),
    wallet: BigInt(row.wallet),
    grant: BigInt(row.grant_id),
    expiresAt: row.expires_at.getTime(),
    posted: nanosFrom(row.posted),
    held: nanosFrom(row.held),
  }
  const lots = desk.lots.get(lot.wallet)
  if (lots) lots.push(lot)
  else desk.lots.set(lot.wallet, [lot])
}

/** Lots that are not among those of the wallets yet, because they are used up and over. */
export async function loadLots(writer: Writer, desk: Desk, ids: readonly bigint[]): Promise<void> {
  const there = new Set([...desk.lots.values()].flat().map(({ id }) => id))
  const missing = ids.filter((id) => !there.has(id))
  if (missing.length === 0) return
  for (const row of await lotsById(writer, missing)) putLot(desk, row)
  for (const lots of desk.lots.values()) lots.sort(soonestFirst)
}

export async function loadHoldings(writer: Writer, desk: Desk): Promise<void> {
  const dated = [...desk.holds.values()].filter(({ reservation }) => desk.lots.has(reservation.wallet))
  if (dated.length === 0) return
  const found = await sql.holdingsOf(
    writer,
    dated.map(({ reservation }) => reservation.id),
  )
  for (const { reservation, lot: id, held } of found) {
    const hold = desk.holds.get(BigInt(reservation))
    const lot = hold && desk.lots.get(hold.reservation.wallet)?.find((each) => each.id === BigInt(id))
    assert(hold && lot, 'a reservation holds of lots that its wallet has')
    hold.holdings.push({ lot, held: nanosFrom(held) })
  }
  for (const { holdings } of dated) holdings.sort((a, b) => soonestFirst(a.lot, b.lot))
}

export async function loadBudgets(writer: Writer, desk: Desk, at: number): Promise<void> {
  const wallets = [...desk.wallets.values()].filter(({ budgets }) => budgets > 0)
  if (wallets.length === 0) return
  const found = await sql.budgetsOfWallets(
    writer,
    wallets.map(({ id }) => id),
  )
  const names: sql.WindowName[] = []
  for (const { wallet: id, span, amount } of found) {
    const wallet = BigInt(id)
    desk.budgets.set(wallet, [...(desk.budgets.get(wallet) ?? []), { wallet, span, amount: nanosFrom(amount) }])
    const starts = windowStart(span, at, desk.zone)
    desk.window(wallet, span, starts, nanosFrom(amount))
    names.push({ wallet, span, starts })
  }
  await loadWindows(writer, desk, names)
}

export async function loadWindows(reader: Reader, desk: Desk, names: readonly sql.WindowName[]): Promise<void> {
  if (names.length === 0) return
  for (const row of await sql.windowsNamed(reader, names)) {
    const window = desk.window(BigInt(row.wallet), row.span, row.starts, 0n)
    window.amount = nanosFrom(row.amount)
    window.used = nanosFrom(row.used)
    window.overrun = nanosFrom(row.overrun)
  }
}

/** The windows that a hold counts in, with how much of it does. */
export function namedWindows({ windows }: sql.HoldRow): (sql.WindowName & { readonly held: bigint })[] {
  if (windows === null) return []
  const named = JSON.parse(windows) as [string, Span, string, string][]
  return named.map(([wallet, span, starts, held]) => ({ wallet: BigInt(wallet), span, starts, held: nanosFrom(held) }))
}
