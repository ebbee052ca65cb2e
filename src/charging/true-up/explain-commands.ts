import type { Reader } from '../../database/reader.ts'
import { type TransferRow, transfersById } from '../../ledger/commands.ts'
import { operationOf } from '../../operations/history.ts'
import type { House } from '../../operations/house.ts'
import { projectById } from '../../parties/commands.ts'
import type { ProjectParty } from '../../parties/party.ts'
import type { PriceVersion } from '../../pricing/definition.ts'
import { type ExplainedPeriod, explainPeriod } from '../../pricing/explain-true-up.ts'
import { parseDecimal } from '../../values/decimal.ts'
import { nanosFrom } from '../../values/money.ts'
import type { Memory } from '../memory-commands.ts'
import * as sql from './sql.ts'

/** Why a true-up is what it is: what the month comes to as a whole, less what it was charged before. */
export type ExplainedTrueUp = {
  readonly row: sql.TrueUpRow
  readonly project: ProjectParty
  readonly version: PriceVersion
  /** What the charges of single records came to, and the true-ups of the same month before this one. */
  readonly charges: bigint
  readonly before: bigint
  /** What was written at once for what the project paid in the other way. */
  readonly beside: bigint
  /** Undefined where the price of the month is not found again. */
  readonly steps: ExplainedPeriod | undefined
  readonly at: Date | undefined
  /** All of the same price, project, provider and month, this one included. */
  readonly alike: readonly sql.TrueUpRow[]
  readonly transfers: readonly TransferRow[]
}

export async function explainTrueUp(house: House, memory: Memory, id: bigint): Promise<ExplainedTrueUp | undefined> {
  const reader = house.database.pool
  const asked = await sql.trueUpById(reader, id)
  if (!asked) return undefined
  const project = (await projectById(reader, asked.project)) as ProjectParty
  await memory.raters.now(reader)
  const { versions } = memory.raters
  const version = versions.get(BigInt(asked.price)) as PriceVersion
  const alike = (await sql.trueUpsAt(reader, asked.project, asked.provider, [asked.period])).filter(
    ({ price, currency }) => currency === asked.currency && isAlike(versions.get(BigInt(price)), version),
  )
  const atOnce = alike.filter(({ operation }) => operation === asked.operation)
  // The last of them says what the month comes to.
  const row = { ...asked, total: (atOnce.at(-1) as sql.TrueUpRow).total }
  const sum = (found: readonly sql.TrueUpRow[]) => found.reduce((all, { amount }) => all + nanosFrom(amount), 0n)
  const before = sum(alike.filter(({ operation }) => BigInt(operation) < BigInt(asked.operation)))
  return {
    row,
    project,
    version,
    charges: nanosFrom(row.total) - sum(atOnce) - before,
    before,
    beside: sum(atOnce) - nanosFrom(row.amount),
    steps: await stepsOf(reader, memory, { row, project, version }),
    at: (await operationOf(reader, BigInt(row.operation)))?.at,
    alike,
    transfers: await transfersById(reader, [BigInt(row.transfer)]),
  }
}

/** True-ups look at what all versions of one thing price, together. */
const isAlike = (one: PriceVersion | undefined, other: PriceVersion): boolean =>
  one?.service === other.service && one.subtype === other.subtype && one.component === other.component

/** With the book as it was then: what came in later has greater ids. A tier that changed since would say otherwise. */
async function stepsOf(
  reader: Reader,
  memory: Memory,
  { row, project, version }: Pick<ExplainedTrueUp, 'row' | 'project' | 'version'>,
): Promise<ExplainedPeriod | undefined> {
  const known = [...memory.raters.versions.values()].filter(({ id }) => id < BigInt(row.id))
  const rater = await memory.raters.at(
    reader,
    known.reduce((most, { book }) => Math.max(most, book), 0),
  )
  const steps = explainPeriod(rater.pricesOfPeriod(version, row.project, project), {
    component: row.component,
    price: version.id,
    period: row.period,
    quantityTotal: parseDecimal(row.quantity, 9) as bigint,
  })
  return steps?.nanos === nanosFrom(row.total) ? steps : undefined
}

/** The true-ups that stand beside charges: of the same project, provider and month, by versions of the same price. */
export async function trueUpsBeside(
  reader: Reader,
  memory: Memory,
  charges: readonly {
    readonly project: string
    readonly provider: string
    readonly period: string
    readonly price: bigint
  }[],
): Promise<sql.TrueUpRow[]> {
  const [one] = charges
  if (!one) return []
  await memory.raters.now(reader)
  const { versions, periodBased } = memory.raters
  const looked = charges.filter(({ price }) => periodBased.has(price))
  if (looked.length === 0) return []
  const found = await sql.trueUpsAt(reader, one.project, one.provider, [...new Set(looked.map(({ period }) => period))])
  return found.filter(({ period, price }) =>
    looked.some(
      (charge) =>
        charge.period === period && isAlike(versions.get(BigInt(price)), versions.get(charge.price) as PriceVersion),
    ),
  )
}
