import { idOf, numbered } from '../values/id.ts'
import { nanosText } from '../values/money.ts'
import type { Statement as Told } from './contract.ts'
import type { Statement, StatementLine, TrueUpLine } from './statement-commands.ts'

/** A statement as programs read it. */
export const statementJson = (found: Statement): Told => ({
  project: {
    id: idOf('project', found.project.project),
    name: found.project.name,
    organisation: found.project.organisationName,
  },
  tier: found.project.tier,
  payment: found.project.payment,
  from: found.from?.toISOString() ?? null,
  to: found.to?.toISOString() ?? null,
  lines: found.lines.map(lineJson),
  trueUps: found.trueUps.map(trueUpJson),
  trueUpsLeftOut: found.trueUpsLeftOut.map(trueUpJson),
  ...creditsJson(found),
  total: byCurrency(found.totals),
  refunded: byCurrency(found.refunded),
  notCharged: [...found.notCharged],
  owed: byCurrency(found.owed),
})

const byCurrency = (map: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries([...map].map(([currency, nanos]) => [currency, nanosText(nanos)]))

const lineJson = ({ nanos, period, ...line }: StatementLine) => ({
  ...line,
  period: period.slice(0, 7),
  amount: nanosText(nanos),
})

const trueUpJson = ({ ids, ...line }: TrueUpLine) => ({
  ...lineJson(line),
  ids: ids.map((id) => numbered('trueUp', id) as string),
})

const creditsJson = ({ settled, wallets }: Pick<Statement, 'settled' | 'wallets'>) => ({
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
