import { idOf, numbered } from '../../values/id.ts'
import { nanosFrom, nanosText } from '../../values/money.ts'
import type { SettlementRow } from './sql.ts'

const text = (amount: string): string => nanosText(nanosFrom(amount))

/** A charge of a reservation as every door tells it. */
export const shownSettlement = (row: SettlementRow) => ({
  id: numbered('settlement', row.id) as string,
  reservation: numbered('reservation', row.reservation) as string,
  at: row.at.toISOString(),
  period: row.period.slice(0, 7),
  payer: payerId(row),
  project: row.project === row.payer && row.payer_kind !== 'project' ? null : (idOf('project', row.project) as string),
  person: row.person === null ? null : (idOf('person', row.person) as string),
  provider: idOf('provider', row.provider) as string,
  service: row.service,
  subtype: row.subtype,
  currency: row.currency,
  amount: text(row.amount),
  absorbed: text(row.absorbed),
  usage: row.quantities === null ? null : (JSON.parse(row.quantities) as Record<string, string>),
  lines: row.lines === null ? [] : (JSON.parse(row.lines) as unknown[]),
  bookRevision: row.book,
  transfer: row.transfer === null ? null : (numbered('transfer', row.transfer) as string),
  operation: numbered('operation', row.operation) as string,
})

const payerId = ({ payer, payer_kind: kind }: SettlementRow): string => idOf(kind, payer)
