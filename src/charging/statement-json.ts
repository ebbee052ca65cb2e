import { nanosText } from '../values/money.ts'
import type { Statement } from './statement-commands.ts'

/** The parts of a statement about prepaid credits, as programs read them. */
export const creditsJson = ({ settled, wallets }: Pick<Statement, 'settled' | 'wallets'>) => ({
  settled: settled.map(({ nanos, absorbed, period, ...line }) => ({
    ...line,
    period: period.slice(0, 7),
    amount: nanosText(nanos),
    absorbed: nanosText(absorbed),
  })),
  wallets: wallets.map(({ now, ...line }) => ({
    currency: line.currency,
    granted: nanosText(line.granted),
    spent: nanosText(line.spent),
    refunded: nanosText(line.refunded),
    expired: nanosText(line.expired),
    movedIn: nanosText(line.movedIn),
    movedOut: nanosText(line.movedOut),
    posted: now.posted,
    held: now.held,
    available: now.available,
    overrun: now.overrun,
    creditLimit: now.creditLimit,
  })),
})
