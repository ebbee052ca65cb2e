import type { NaiveCredits } from './naive-credits.ts'
import { type Expected, type NaiveReservation, type NaiveSettlement, type NaiveWallet, text } from './naive-wallet.ts'

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n)

/** Gives back what the first so many settlings were paid, the oldest first. */
export function refund(naive: NaiveCredits, reservation: NaiveReservation, count: number, nanos: bigint): Expected {
  const settlements = reservation.settlements.slice(0, count)
  if (sum(settlements.map(({ paid, back }) => paid - back)) < nanos) return { refused: ['refund-exceeds-paid'] }
  const wallet = naive.wallet(reservation.payer)
  let open = nanos
  for (const settlement of settlements) {
    const part = lesser(settlement.paid - settlement.back, open)
    open -= part
    wallet.posted += part
    giveToLots(naive, wallet, settlement, part)
    giveToBudgets(settlement, part)
    settlement.back += part
  }
  naive.payDebt(wallet)
  return { tells: { amount: text(nanos) } }
}

/** Nano by nano, so to say: what was undated comes back first, then the lots, the last to expire before the others. */
function giveToLots(
  naive: NaiveCredits,
  wallet: NaiveWallet,
  { paid, back, spent }: NaiveSettlement,
  part: bigint,
): void {
  let from = paid - sum(spent.map(({ amount }) => amount))
  for (const { lot, amount } of spent.toSorted((a, b) => b.lot.expires - a.lot.expires)) {
    const start = from > back ? from : back
    const given = lesser(from + amount, back + part) - start
    from += amount
    if (given <= 0n) continue
    let there = wallet.lots.find(({ grant }) => grant === lot.grant)
    if (!there) naive.addLot(wallet, (there = { ...lot, left: 0n }))
    there.left += given
    if (there.expires <= naive.now) naive.lose(wallet, there, given)
  }
}

/** Of each budget, the windows that began last get theirs back before the others. */
function giveToBudgets({ back, counted }: NaiveSettlement, part: bigint): void {
  for (const [window, amount] of counted) {
    const later = [...counted].filter(
      ([{ wallet, span, starts }]) => wallet === window.wallet && span === window.span && starts > window.starts,
    )
    const from = sum(later.map(([, each]) => each))
    const given = lesser(from + amount, back + part) - (from > back ? from : back)
    if (given > 0n) window.used -= given
  }
}
