import type { Reader } from '../database/reader.ts'
import { balancesOf } from '../ledger/commands.ts'
import type { House } from '../operations/house.ts'
import type { ProjectParty } from '../parties/party.ts'
import { nanosFrom } from '../values/money.ts'
import * as sql from './sql.ts'

export type StatementLine = {
  readonly period: string
  readonly component: string
  readonly currency: string
  readonly records: number
  /** Exact decimal, in what the price counts. */
  readonly quantity: string
  readonly nanos: bigint
}

export type Statement = {
  readonly project: ProjectParty
  readonly from: Date | null
  readonly to: Date | null
  readonly lines: readonly StatementLine[]
  /** Tiers and included volumes of whole periods; they stand in a statement without limits only. */
  readonly trueUps: readonly StatementLine[]
  readonly totals: ReadonlyMap<string, bigint>
  /** Records that are not charged, by the reason. */
  readonly notCharged: readonly { readonly state: string; readonly reason: string; readonly records: number }[]
  /** What the ledger says that the project owes, by currency: the totals, when nothing is left out. */
  readonly owed: ReadonlyMap<string, bigint>
}

/** What a project was charged for usage that ended in [from, to), with what was not charged and why. */
export async function statementOf(
  house: House,
  project: ProjectParty,
  from: Date | null,
  to: Date | null,
): Promise<Statement> {
  const reader: Reader = house.database.pool
  const lines = (await sql.statementLines(reader, project.project, from, to)).map(lineOf)
  const whole = from === null && to === null
  const trueUps = whole ? (await sql.trueUpLines(reader, project.project)).map(lineOf) : []
  const totals = new Map<string, bigint>()
  for (const line of [...lines, ...trueUps]) {
    totals.set(line.currency, (totals.get(line.currency) ?? 0n) + line.nanos)
  }
  const counts = await sql.stateCounts(reader, project.project, from, to)
  const balances = await balancesOf(reader, [project.project])
  return {
    project,
    from,
    to,
    lines,
    trueUps,
    totals,
    notCharged: counts.map((row) => ({ state: row.state, reason: row.reason, records: Number(row.records) })),
    owed: new Map(balances.map((balance) => [balance.currency, balance.nanos])),
  }
}

const lineOf = (row: sql.StatementRow): StatementLine => ({
  period: row.period,
  component: row.component,
  currency: row.currency,
  records: Number(row.records),
  quantity: row.quantity,
  nanos: nanosFrom(row.amount),
})

export { chargesTable, statesTable } from './sql.ts'
export { trueUpsTable } from './true-up/sql.ts'
