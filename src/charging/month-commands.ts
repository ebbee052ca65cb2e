import type { GivenBack } from '../credits/page.ts'
import type { Writer } from '../database/writer.ts'
import { nanosFrom } from '../values/money.ts'
import { type Month, monthName } from './charge.ts'
import * as sql from './true-up/sql.ts'

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

/** What true-ups had given back of a page comes back of whatever else was charged in the month. */
export async function withOthers(
  writer: Writer,
  givenBack: readonly (GivenBack & { readonly month?: Month })[],
): Promise<GivenBack[]> {
  const months = givenBack.flatMap(({ month }) => (month ? [{ ...month, prices: [month.price] }] : []))
  if (months.length === 0) return [...givenBack]
  const byMonth = Map.groupBy(await sql.trueUpsGivingBack(writer, months), ({ n }) => n)
  const pages = Map.groupBy(byMonth.size === 0 ? [] : await sql.pagesOfTotals(writer, months), ({ n }) => n)
  let place = 0
  return givenBack.map(({ month, ...back }) => {
    const n = month ? place++ : -1
    const trueUps = byMonth.get(n)?.map(({ operation }) => BigInt(operation))
    return trueUps
      ? { ...back, others: { pages: (pages.get(n) ?? []).map(({ page }) => BigInt(page)), trueUps } }
      : back
  })
}
