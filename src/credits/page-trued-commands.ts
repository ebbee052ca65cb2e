import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import type { GivenBack } from './page.ts'
import { countedLess, givenToLots } from './page/sql.ts'

type Trued = { readonly operation: string; readonly page: string; readonly nanos: string }

/**
 * What true-ups gave back of the pages that charged what comes back now, to dated credits and in budgets: only so much
 * of it may come back of other pages. What a page had not paid, or did not count, is as it was.
 */
export async function truedOf(reader: Reader, givenBack: readonly GivenBack[]) {
  const others = givenBack.filter((each) => each.others !== undefined)
  const pages = [...new Set(others.flatMap((each) => each.pages))]
  const trueUps = [...new Set(others.flatMap((each) => each.others?.trueUps ?? []))]
  const isNone = trueUps.length === 0
  const toLots = isNone ? [] : await givenToLots(reader, pages, trueUps)
  const less = isNone ? [] : await countedLess(reader, pages, trueUps)
  const sumOf = (found: readonly Trued[], of: GivenBack): bigint =>
    found
      .filter(
        ({ page, operation }) => of.pages.includes(BigInt(page)) && of.others?.trueUps.includes(BigInt(operation)),
      )
      .reduce((sum, { nanos }) => sum + nanosFrom(nanos), 0n)
  return {
    toLots: (of: GivenBack, wallet: bigint | undefined): bigint =>
      sumOf(
        toLots.filter((row) => BigInt(row.wallet) === wallet),
        of,
      ),
    inBudgets: (of: GivenBack, wallet: bigint, span: string): bigint =>
      sumOf(
        less.filter((row) => BigInt(row.wallet) === wallet && row.span === span),
        of,
      ),
  }
}
