/**
 * The chart of accounts: the closed list of account kinds. An asset grows by debits, income by credits; the
 * balance of an account is told on its own normal side.
 */
export const chart = {
  /** What a project owes for usage that no invoice has asked for yet. */
  unbilled_receivable: { class: 'asset', normalSide: 'debit' },
  /** What a provider has earned by usage. */
  usage_revenue: { class: 'income', normalSide: 'credit' },
} as const

export type AccountKind = keyof typeof chart
export type Side = 'debit' | 'credit'
