import type { Reader } from '../database/reader.ts'
import { nanosFrom } from '../values/money.ts'
import type { GivenBack } from './page.ts'
import { countedLess, givenToLots } from './page/sql.ts'

type Gone = { readonly page: string; readonly wallet: string; readonly nanos: string }

/**
 * What came back of the pages that charged what comes back now, to dated credits and in budgets, and not for their own
 * charges: for true-ups, and for others that true-ups had given back before. Only so much may come back of other pages.
 * What a page had not paid, or did not count, is as it was.
 */
export async function truedOf(reader: Reader, givenBack: readonly GivenBack[]) {
  const others = givenBack.filter((each) => each.others !== undefined)
  const pages = [...new Set(others.flatMap((each) => each.pages))]
  const toLots = pages.length === 0 ? [] : await givenToLots(reader, pages)
  const less = pages.length === 0 ? [] : await countedLess(reader, pages)
  const forOthers = (found: readonly Gone[], of: GivenBack, wallet: bigint | undefined): bigint => {
    const gone = found
      .filter((row) => BigInt(row.wallet) === wallet && of.pages.includes(BigInt(row.page)))
      .reduce((sum, { nanos }) => sum + nanosFrom(nanos), 0n)
    const own = of.others?.cameBack ?? 0n
    return gone > own ? gone - own : 0n
  }
  return {
    toLots: (of: GivenBack, wallet: bigint | undefined): bigint => forOthers(toLots, of, wallet),
    inBudgets: (of: GivenBack, wallet: bigint, span: string): bigint =>
      forOthers(
        less.filter((row) => row.span === span),
        of,
        wallet,
      ),
  }
}
