/** What the second account of credits writes down. */
export type NaiveLot = { readonly grant: number; readonly expires: number; left: bigint }
export type NaiveWindow = {
  readonly wallet: NaiveWallet
  readonly span: Span
  readonly starts: string
  amount: bigint
  used: bigint
}
export type Span = 'day' | 'month' | 'total'
export type NaiveWallet = {
  readonly owner: string
  posted: bigint
  limit: bigint
  lots: NaiveLot[]
  readonly budgets: Map<Span, bigint>
}
export type NaiveSettlement = {
  readonly paid: bigint
  back: bigint
  readonly spent: readonly { readonly lot: NaiveLot; readonly amount: bigint }[]
  readonly counted: ReadonlyMap<NaiveWindow, bigint>
}
export type NaiveReservation = {
  id: bigint
  readonly payer: string
  readonly owners: readonly string[]
  readonly policy: 'charge' | 'charge-to-zero' | 'absorb'
  held: bigint
  charged: bigint
  until: number
  readonly parts: { readonly lot: NaiveLot; amount: bigint }[]
  /** By wallet and span, oldest first: what of the hold counts where. */
  counts: { readonly window: NaiveWindow; held: bigint }[]
  /** What each settling was paid, what of it went back, and which lots it was paid from. */
  settlements: NaiveSettlement[]
  state: 'held' | 'settled' | 'released' | 'expired'
}

export function addTo(counted: Map<NaiveWindow, bigint>, window: NaiveWindow, amount: bigint): void {
  counted.set(window, (counted.get(window) ?? 0n) + amount)
}

/** Either what the answer must tell, or for which reasons it may have been refused. */
export type Expected =
  | { readonly tells: Readonly<Record<string, string | null>> }
  | { readonly refused: readonly string[] }

export function text(nanos: bigint): string {
  const digits = String(nanos < 0n ? -nanos : nanos).padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return `${nanos < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction && '.'}${fraction}`
}
