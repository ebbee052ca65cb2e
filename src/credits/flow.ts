export type FlowLine = 'granted' | 'spent' | 'refunded' | 'expired' | 'movedIn' | 'movedOut'
type Side = 'debit' | 'credit'
const both = ['debit', 'credit'] as const

const told = (line: FlowLine, sides: readonly Side[], ...reasons: readonly string[]) =>
  sides.flatMap((side) => reasons.map((reason) => ({ line, side, reason })))

/**
 * On which line of a statement each entry of a wallet is told. Every one is on some line, whatever took back what: a
 * statement of all times adds up to what the wallet has.
 */
export const flowsTold: readonly { readonly line: FlowLine; readonly side: Side; readonly reason: string }[] = [
  ...told('granted', ['credit'], 'grant'),
  ...told('granted', ['debit'], 'withdraw'),
  ...told('spent', both, 'settle', 'charge', 'true-up', 'reversal'),
  ...told('refunded', both, 'refund'),
  ...told('expired', ['debit'], 'expire'),
  ...told('movedIn', ['credit'], 'move'),
  ...told('movedOut', ['debit'], 'move'),
]

/** What these tell went out of the wallet. */
export const isOut = (line: FlowLine): boolean => line === 'spent' || line === 'expired' || line === 'movedOut'
