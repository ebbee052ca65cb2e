import { divideHalfEven } from '../../values/decimal.ts'

/** What single records came to that a wallet paid, or that are billed, and what true-ups added. */
export type Side = { charged: bigint; trued: bigint }
/** What a month's charges came to by the way in which they were paid. */
export type Sides = { readonly wallet: Side; readonly billed: Side }

/**
 * What a true-up moves on either side: so much of what true-ups come to in all as the wallet's charges are of all charges belongs to
 * the wallet. Where there are none, it is as the project pays by now; and once all of it is undone, neither keeps anything.
 */
export function sharesOf(
  nanos: bigint,
  { wallet, billed }: Sides,
  isPrepaid: boolean,
): { wallet: bigint; billed: bigint } {
  const added = wallet.trued + billed.trued + nanos
  const charged = wallet.charged + billed.charged
  const share =
    charged > 0n
      ? divideHalfEven(added * wallet.charged, charged) - wallet.trued
      : added === 0n
        ? -wallet.trued
        : isPrepaid
          ? nanos
          : 0n
  return { wallet: share, billed: nanos - share }
}
