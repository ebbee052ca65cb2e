/**
 * The chart of accounts: the closed list of account kinds. An asset grows by debits, income by credits; the
 * balance of an account is told on its own normal side.
 */
export const chart = {
  /** What a project owes for usage that no invoice has asked for yet. */
  unbilled_receivable: { class: 'asset', normalSide: 'debit' },
  /** What the site owes a payer in prepaid credits; below zero it is debt. */
  wallet: { class: 'liability', normalSide: 'credit' },
  /** Where granted credits come from: what was paid for them is booked against it. */
  credits_granted: { class: 'asset', normalSide: 'debit' },
  /** Credits that nobody used in time. */
  credits_expired: { class: 'income', normalSide: 'credit' },
  /** Usage that its reservation did not cover and that, by its policy, nobody pays. */
  usage_absorbed: { class: 'expense', normalSide: 'debit' },
  /** What a provider has earned by usage. */
  usage_revenue: { class: 'income', normalSide: 'credit' },
} as const

export type AccountKind = keyof typeof chart
export type Side = 'debit' | 'credit'
