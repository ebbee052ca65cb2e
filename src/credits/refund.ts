import { Problem } from '../http/problem.ts'
import type { Decided, LaneCommand, Look, Turn } from '../operations/lane-command.ts'
import { nanosMax, nanosText } from '../values/money.ts'
import type { Counted } from './counted.ts'
import type { Desk, Want } from './desk.ts'
import { house } from './end.ts'
import { walletAt } from './grant.ts'
import type { Lot } from './lot.ts'
import type { Reservation } from './reservation.ts'

/** What a wallet paid for one settling, and which dated credits it was paid from. */
export type Paid = {
  readonly settlement: bigint
  readonly nanos: bigint
  /** The last to expire first. */
  readonly lots: readonly { readonly lot: Lot; readonly nanos: bigint }[]
  /** The newest windows first. */
  readonly counted: readonly Counted[]
}

/** A part of a settling that goes back. */
export type GivenBack = {
  readonly paid: Paid
  /** What had gone back of it before. */
  readonly before: bigint
  readonly nanos: bigint
  readonly transfer: bigint
}

export type RefundInput = { readonly reservation: Reservation; readonly nanos: bigint }

/** What is read under the locks: what was paid, and what went back of it so far. */
export type RefundLook = (...at: Parameters<Look<Desk>>) => Promise<{
  readonly paid: readonly Paid[]
  readonly refunded: ReadonlyMap<bigint, bigint>
}>

export type RefundTell = {
  told(turn: Turn, parts: readonly Omit<GivenBack, 'transfer'>[]): Readonly<Record<string, unknown>>
  write(turn: Turn, parts: readonly GivenBack[]): void
}

/**
 * Gives back what a wallet paid for settlings, the oldest first: as undated credits as far as it was paid from those,
 * then to the lots that it came from, the last to expire first. What comes back to a lot whose time is over expires in
 * the same operation. In budgets it counts no more where it counted, in the newest window first.
 */
export function refundCommand(input: RefundInput, look: RefundLook, tell: RefundTell): LaneCommand<Want, Desk> {
  const { reservation } = input
  const { payer, currency } = reservation
  let paid: readonly Paid[] = []
  return {
    wants: {
      owners: [payer],
      currency,
      reservation: reservation.id,
      lots: true,
      look: async (reader, desk) => {
        const found = await look(reader, desk)
        paid = found.paid
        for (const each of paid) desk.refunded.set(each.settlement, found.refunded.get(each.settlement) ?? 0n)
      },
    },
    decide: (desk, turn) => refundPlan(desk, turn, input, paid, tell),
  }
}

/** What is decided when all that was paid is at hand. */
export function refundPlan(
  desk: Desk,
  turn: Turn,
  { reservation, nanos }: RefundInput,
  paid: readonly Paid[],
  tell: RefundTell,
): Decided {
  const { payer, provider, currency } = reservation
  const parts = partsOf(paid, desk.refunded, nanos)
  const sum = parts.reduce((total, part) => total + part.nanos, 0n)
  if (sum < nanos) return { ok: false, problem: refundTooMuch(currency, nanos, sum) }
  const wallet = walletAt(desk, payer, currency)
  if (wallet.posted + nanos >= nanosMax) return { ok: false, problem: new Problem('request-invalid') }
  return {
    ok: true,
    status: 201,
    answer: { currency, amount: nanosText(nanos), ...tell.told(turn, parts) },
    apply() {
      const given = parts.map((part) => {
        desk.refunded.set(part.paid.settlement, part.before + part.nanos)
        const transfer = desk.post(
          turn,
          {
            debit: { owner: provider, kind: 'usage_revenue' },
            credit: { owner: payer, kind: 'wallet' },
            nanos: part.nanos,
            reason: 'refund',
          },
          currency,
        )
        giveToLots(desk, turn, reservation, part)
        giveToBudgets(desk, part)
        return { ...part, transfer }
      })
      desk.payDebt(turn, wallet)
      tell.write(turn, given)
    },
  }
}

export const refundTooMuch = (currency: string, asked: bigint, left: bigint): Problem =>
  new Problem('refund-exceeds-paid', { currency, asked: nanosText(asked), left: nanosText(left) })

/** The oldest settling that still has something to give back goes first. */
function partsOf(paid: readonly Paid[], refunded: ReadonlyMap<bigint, bigint>, nanos: bigint) {
  const parts: Omit<GivenBack, 'transfer'>[] = []
  let open = nanos
  for (const each of paid) {
    const before = refunded.get(each.settlement) ?? 0n
    const part = least(each.nanos - before, open)
    if (part > 0n) parts.push({ paid: each, before, nanos: part })
    open -= part
  }
  return parts
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** The credits that come back are those from `before` on: first what was undated, then one lot after the other. */
function giveToLots(desk: Desk, turn: Turn, reservation: Reservation, part: Omit<GivenBack, 'transfer'>): void {
  const { paid, before, nanos } = part
  const wallet = walletAt(desk, reservation.payer, reservation.currency)
  let from = paid.nanos - paid.lots.reduce((sum, each) => sum + each.nanos, 0n)
  for (const { lot: kept, nanos: spent } of paid.lots) {
    const back = least(from + spent, before + nanos) - most(from, before)
    from += spent
    if (back <= 0n) continue
    let lot = desk.lotsOf(wallet).find(({ id }) => id === kept.id)
    if (!lot) desk.addLot(wallet, (lot = kept))
    desk.draw(turn, [{ lot, posted: back, held: 0n }], undefined)
    if (lot.expiresAt > turn.at) continue
    desk.draw(turn, [{ lot, posted: -back, held: 0n }], undefined)
    desk.post(
      turn,
      {
        debit: { owner: wallet.owner, kind: 'wallet' },
        credit: { owner: house, kind: 'credits_expired' },
        nanos: back,
        reason: 'expire',
      },
      wallet.currency,
    )
  }
}

/** By budget, what comes back is that from `before` on: first of the newest window, and at last what counted nowhere. */
function giveToBudgets(desk: Desk, { paid, before, nanos }: Omit<GivenBack, 'transfer'>): void {
  const from = new Map<string, bigint>()
  for (const { window, nanos: counted } of paid.counted) {
    const { wallet, span, starts } = window
    const budget = `${wallet} ${span}`
    const start = from.get(budget) ?? 0n
    from.set(budget, start + counted)
    const back = least(start + counted, before + nanos) - most(start, before)
    if (back > 0n) desk.use([desk.window(wallet, span, starts, 0n)], -back)
  }
}
