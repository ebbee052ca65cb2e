/**
 * What is left in a wallet of a grant that expires. Undated credits have no lot: they are what the wallet holds
 * beyond its lots, and are used last.
 */
export type Lot = {
  readonly id: bigint
  readonly wallet: bigint
  readonly grant: bigint
  /** Epoch milliseconds, exclusive: from then on it is no more. */
  readonly expiresAt: number
  posted: bigint
  held: bigint
}

/** A part of a lot that one operation takes or gives back. */
export type Draw = {
  readonly lot: Lot
  readonly posted: bigint
  readonly held: bigint
  /** The operation whose page of usage it paid, or pays back. */
  readonly page?: bigint
}

/** Soonest first; of two that expire together, the older grant. */
export const soonestFirst = (a: Lot, b: Lot): number =>
  a.expiresAt === b.expiresAt ? (a.id < b.id ? -1 : 1) : a.expiresAt - b.expiresAt

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Which lots a new hold sets aside; what they do not cover is undated. */
export function holdFrom(lots: readonly Lot[], amount: bigint, at: number): Draw[] {
  const draws: Draw[] = []
  let open = amount
  for (const lot of lots) {
    if (open === 0n) break
    const free = lot.posted - lot.held
    if (free === 0n || lot.expiresAt <= at) continue
    const part = least(free, open)
    draws.push({ lot, posted: 0n, held: part })
    open -= part
  }
  return draws
}

/** What a reservation holds of each lot, soonest first. */
export type Holding = { readonly lot: Lot; held: bigint }

/** Spends or gives back an amount of what a reservation holds: its soonest lots first. */
export function fromHoldings(holdings: readonly Holding[], amount: bigint, spent: boolean): Draw[] {
  const draws: Draw[] = []
  let open = amount
  for (const { lot, held } of holdings) {
    if (open === 0n) break
    const part = least(held, open)
    if (part === 0n) continue
    draws.push({ lot, posted: spent ? -part : 0n, held: -part })
    open -= part
  }
  return draws
}

/** Which lots pay what no reservation covers. */
export function spendFrom(lots: readonly Lot[], amount: bigint, at: number): Draw[] {
  return holdFrom(lots, amount, at).map(({ lot, held }) => ({ lot, posted: -held, held: 0n }))
}

/** When credits of a wallet expire next. */
export function nextExpiryOf(lots: readonly Lot[]): number | null {
  let next: number | null = null
  for (const { posted, expiresAt } of lots) {
    if (posted > 0n && (next === null || expiresAt < next)) next = expiresAt
  }
  return next
}
