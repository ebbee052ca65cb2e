import type { GivenBack, PaidPage, Pool } from '../credits/page.ts'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { walletUsage } from '../ledger/listing-commands.ts'
import { lettingGo } from '../operations/trial.ts'
import { nanosFrom } from '../values/money.ts'
import { periodBasedNow } from './book-commands.ts'
import * as sql from './true-up/sql.ts'

type Months = { readonly project: string; readonly currency: string; readonly periods: Set<string> }

const nameOf = (project: string, currency: string): string => `${project} ${currency}`

/**
 * All that projects' wallets paid in some months whose tiers or included volumes look at it, and what true-ups added to it. Where
 * a page or a true-up is of other months too, what was drawn and counted for it is of all of them: these are looked at as well.
 */
export async function poolsOf(
  reader: Reader,
  months: readonly Months[],
  periodBased: readonly bigint[],
): Promise<Pool[]> {
  const byName = new Map(months.map((each) => [nameOf(each.project, each.currency), each]))
  for (;;) {
    const wanted = months.flatMap((each) => [...each.periods].map((period) => ({ ...each, period })))
    const charged = await sql.pagesOfMonths(reader, wanted, periodBased)
    const trueUps = await sql.trueUpsOfMonths(reader, wanted)
    const named = [...charged.map(({ project, page }) => ({ project, operation: page })), ...trueUps]
    const distinct = [...new Map(named.map((each) => [nameOf(each.project, each.operation), each])).values()]
    const moved = await walletUsage(
      reader,
      distinct.map(({ project }) => project),
      distinct.map(({ operation }) => operation),
    )
    const more = moved.filter(({ owner, currency, period }) => {
      const known = byName.get(nameOf(owner, currency))
      return known !== undefined && !known.periods.has(period)
    })
    for (const { owner, currency, period } of more) byName.get(nameOf(owner, currency))?.periods.add(period)
    if (more.length === 0) return pooled(months, charged, trueUps, moved)
  }
}

/** What a project owed without a wallet is no part of it. */
function pooled(
  months: readonly Months[],
  charged: readonly sql.PageRow[],
  trueUps: readonly sql.MovedRow[],
  moved: readonly { readonly id: string; readonly operation: string; readonly owner: string }[],
): Pool[] {
  const operations = new Set(moved.map(({ owner, operation }) => `${owner} ${operation}`))
  const transfers = new Set(moved.map(({ id }) => id))
  const pools = new Map<string, { owner: string; currency: string; pages: Map<bigint, PaidPage>; added: bigint }>()
  for (const { project: owner, currency } of months) {
    pools.set(nameOf(owner, currency), { owner, currency, pages: new Map(), added: 0n })
  }
  for (const { project, currency, page, paid, live } of charged) {
    if (!operations.has(`${project} ${page}`)) continue
    const of = { paid: nanosFrom(paid), live: nanosFrom(live) }
    pools.get(nameOf(project, currency))?.pages.set(BigInt(page), of)
  }
  for (const { project, currency, operation, amount, transfer } of trueUps) {
    const pool = pools.get(nameOf(project, currency))
    if (!pool || !transfers.has(transfer)) continue
    const page = BigInt(operation)
    pool.added += nanosFrom(amount)
    if (!pool.pages.has(page)) pool.pages.set(page, { paid: 0n, live: 0n })
  }
  return [...pools.values()]
}

/**
 * What true-ups had given back of a page comes back of whatever else a wallet paid in its months. Until the operation ends no
 * true-up is written.
 */
export async function withPools(writer: Writer, givenBack: readonly GivenBack[]): Promise<GivenBack[]> {
  const trued = await sql.givenBackTo(
    writer,
    givenBack.map(({ owner }) => owner),
  )
  if (trued.length === 0) return [...givenBack]
  await lettingGo(writer, () => sql.lockTrueUps(writer))
  const projects = new Set(trued.map(({ project }) => project))
  const own = givenBack.filter(({ owner }) => projects.has(owner))
  const months = new Map<string, Months>()
  const moved = await walletUsage(
    writer,
    own.flatMap(({ owner, pages }) => pages.map(() => owner)),
    own.flatMap(({ pages }) => pages.map(String)),
  )
  for (const { owner, currency, period } of moved) {
    const name = nameOf(owner, currency)
    const known = months.get(name) ?? { project: owner, currency, periods: new Set() }
    months.set(name, known)
    known.periods.add(period)
  }
  const found = await poolsOf(writer, [...months.values()], await periodBasedNow(writer))
  const pools = new Map(found.map((pool) => [nameOf(pool.owner, pool.currency), pool]))
  return givenBack.map((each) => {
    const pool = pools.get(nameOf(each.owner, each.currency))
    return pool && each.pages.every((page) => pool.pages.has(page)) ? { ...each, pool } : each
  })
}
