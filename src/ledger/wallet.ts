import type { Currency } from '../values/money.ts'
import type { Account } from './transfer.ts'

/**
 * An account of prepaid credits, as it stands under its lock. What may still be held or spent is
 * `posted - held + creditLimit`; where that is below zero, `overrun` says by how much, on record.
 */
export type Wallet = Account & {
  readonly owner: string
  readonly currency: Currency
  held: bigint
  overrun: bigint
  creditLimit: bigint
  /** Epoch milliseconds: when credits of it expire next, and when the first reservation on it may run out. */
  nextExpiry: number | null
  nextDue: number | null
  /** How many budgets it has. */
  budgets: number
  lastAt: number
}

export const available = ({ posted, held, creditLimit }: Wallet): bigint => posted - held + creditLimit

/** After money or a hold moved: what lies beyond the limit stands as overrun, and as nothing else. */
export function restateOverrun(wallet: Wallet): void {
  const beyond = -available(wallet)
  wallet.overrun = beyond > 0n ? beyond : 0n
}
