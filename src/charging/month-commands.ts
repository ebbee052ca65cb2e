import type { Writer } from '../database/writer.ts'
import { nanosFrom } from '../values/money.ts'
import type { Charge } from './charge.ts'
import * as sql from './true-up/sql.ts'

/** Charges that tiers or an included volume look at together. */
export type Month = Pick<Charge, 'project' | 'provider' | 'period' | 'price'>

export const monthName = ({ project, provider, period, price }: Month): string =>
  [project, provider, period, price].join(' ')

/**
 * What is still paid in months in which true-ups gave something back, by the name of the month: what they gave back
 * cannot go back once more. Until the operation ends no true-up is written and no other refund of such a month.
 */
export async function keptInMonths(writer: Writer, months: readonly Month[]): Promise<Map<string, bigint>> {
  const kept = new Map<string, bigint>()
  if ((await truedUp(writer, months)).length === 0) return kept
  await sql.lockTrueUps(writer)
  const trued = await truedUp(writer, months)
  const places = new Set(trued.map(({ project, provider, period }) => [project, provider, period].join(' ')))
  for (const row of await sql.sumsOfPlaces(writer, [...places])) {
    const month = { ...row, price: BigInt(row.price) }
    if (trued.some((each) => monthName(each) === monthName(month)))
      kept.set(monthName(month), nanosFrom(row.amount) - nanosFrom(row.refunded))
  }
  return kept
}

/** Those of the months for which there are true-ups; all of them are of one project and provider. */
async function truedUp(writer: Writer, months: readonly Month[]): Promise<Month[]> {
  const [first] = months
  if (!first) return []
  const periods = [...new Set(months.map(({ period }) => period))]
  const names = new Set((await sql.trueUpsAt(writer, first.project, first.provider, periods)).map(ofRow))
  return months.filter((month) => names.has(monthName(month)))
}

const ofRow = (row: sql.TrueUpRow): string => monthName({ ...row, price: BigInt(row.price) })
