import type { Reader } from '../database/reader.ts'
import { walletLinesOf, type WalletLine } from '../credits/flow-commands.ts'
import { balancesOf } from '../ledger/commands.ts'
import { movedFor } from '../ledger/listing-commands.ts'
import type { House } from '../operations/house.ts'
import type { ProjectParty } from '../parties/party.ts'
import { loadBook } from '../pricing/commands.ts'
import { nanosFrom } from '../values/money.ts'
import { monthRange, partOf } from './range.ts'
import { settledLines, type SettledRow } from './settlement/sql.ts'
import * as sql from './sql.ts'

export type StatementLine = {
  readonly period: string
  readonly service: string
  readonly component: string
  readonly currency: string
  readonly records: number
  /** Exact decimal, in what the price counts. */
  readonly quantity: string
  readonly nanos: bigint
}

/** What tiers and included volumes make of a month, with the numbers of the true-ups that it is the sum of. */
export type TrueUpLine = StatementLine & { readonly ids: readonly bigint[] }

/** What reservations of one service were settled for. */
export type SettledLine = {
  readonly period: string
  readonly service: string
  readonly currency: string
  readonly settlements: number
  /** Charged, and borne by the site by the overrun policy. */
  readonly nanos: bigint
  readonly absorbed: bigint
}

export type Statement = {
  readonly project: ProjectParty
  readonly from: Date | null
  readonly to: Date | null
  readonly lines: readonly StatementLine[]
  /** Tiers and included volumes of the months that are wholly in the range. */
  readonly trueUps: readonly TrueUpLine[]
  /** Those of months that the range cuts: a part of a month has none, so they are in no total. */
  readonly trueUpsLeftOut: readonly TrueUpLine[]
  readonly settled: readonly SettledLine[]
  readonly wallets: readonly WalletLine[]
  readonly totals: ReadonlyMap<string, bigint>
  /** What refunds in the range took off what is owed; what went back to wallets stands with them. */
  readonly refunded: ReadonlyMap<string, bigint>
  /** Records that are not charged, by the reason. */
  readonly notCharged: readonly { readonly state: string; readonly reason: string; readonly records: number }[]
  /** What the ledger says that the project owes, by currency: of all time, the totals less what was refunded. */
  readonly owed: ReadonlyMap<string, bigint>
}

/**
 * What a project was charged in [from, to), with what was not charged and why. Months that are wholly in the range are
 * what the ledger has of them; of a month that it cuts there is the usage that ended in the range, split parts with
 * their month.
 */
export async function statementOf(
  house: House,
  project: ProjectParty,
  from: Date | null,
  to: Date | null,
): Promise<Statement> {
  const reader: Reader = house.database.pool
  const range = monthRange(from, to, house.zone)
  const lines = (await sql.statementLines(reader, project.project, range)).map(lineOf)
  const ofMonths = Map.groupBy(await trueUpsOf(reader, project.project), ({ period }) => partOf(period, range))
  const trueUps = ofMonths.get('whole') ?? []
  const settled = (await settledLines(reader, project.project, from, to)).map(settledOf)
  const totals = new Map<string, bigint>()
  for (const line of [...lines, ...trueUps, ...settled]) {
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
    trueUpsLeftOut: ofMonths.get('cut') ?? [],
    settled,
    wallets: await walletLinesOf(reader, project.project, from, to),
    totals,
    refunded: await refundedOf(reader, project.project, from, to),
    notCharged: counts.map((row) => ({ state: row.state, reason: row.reason, records: Number(row.records) })),
    owed: new Map(
      balances.filter(({ kind }) => kind === 'unbilled_receivable').map(({ currency, nanos }) => [currency, nanos]),
    ),
  }
}

async function refundedOf(reader: Reader, owner: string, from: Date | null, to: Date | null) {
  const moved = await movedFor(reader, { owner, kind: 'unbilled_receivable', reason: 'refund' }, from, to)
  return new Map(moved.map(({ currency, amount }) => [currency, nanosFrom(amount)]))
}

const lineOf = (row: sql.StatementRow): StatementLine => ({
  period: row.period,
  service: row.service,
  component: row.component,
  currency: row.currency,
  records: Number(row.records),
  quantity: row.quantity,
  nanos: nanosFrom(row.amount),
})

/** A price knows of which service it is; versions of one price make one line. */
async function trueUpsOf(reader: Reader, project: string): Promise<TrueUpLine[]> {
  const found = await sql.trueUpLines(reader, project)
  if (found.length === 0) return []
  const { versions } = await loadBook(reader)
  const services = new Map(versions.map(({ id, service }) => [id, service]))
  const named = found.map((row) => ({
    ...lineOf({ ...row, service: services.get(BigInt(row.price)) ?? '' }),
    ids: row.ids.map(BigInt),
  }))
  const alike = Map.groupBy(named, ({ period, service, component, currency }) =>
    [period, service, component, currency].join('\n'),
  )
  return [...alike.values()].map((same) => ({
    ...(same[0] as TrueUpLine),
    ids: same.flatMap(({ ids }) => ids).sort((a, b) => (a < b ? -1 : 1)),
    records: same.reduce((sum, { records }) => sum + records, 0),
    nanos: same.reduce((sum, { nanos }) => sum + nanos, 0n),
  }))
}

export { chargesTable, statesTable } from './sql.ts'
export { trueUpsTable } from './true-up/sql.ts'

const settledOf = (row: SettledRow): SettledLine => ({
  period: row.period,
  service: row.service,
  currency: row.currency,
  settlements: Number(row.settlements),
  nanos: nanosFrom(row.amount),
  absorbed: nanosFrom(row.absorbed),
})
