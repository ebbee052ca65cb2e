import { randomUUID } from 'node:crypto'
import type { Writer } from '../database/writer.ts'
import type { AccountName } from '../ledger/transfer.ts'
import type { GivenBack, Spent } from '../credits/page.ts'
import { postFromWallets } from '../credits/page-commands.ts'
import { alone, type Call, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { lettingGo } from '../operations/trial.ts'
import { partiesOf } from '../parties/commands.ts'
import { isPeriodBased, type PriceDefinition, type PriceVersion } from '../pricing/definition.ts'
import { markUsed } from '../pricing/commands.ts'
import { trueUp } from '../pricing/true-up.ts'
import { parseDecimal } from '../values/decimal.ts'
import { nanosFrom } from '../values/money.ts'
import type { Memory } from './memory-commands.ts'
import type { Rater } from './rater.ts'
import * as sql from './true-up/sql.ts'

/** One project's usage of one priced thing in one period, as far as a tier or an included volume looks at it. */
type Total = {
  readonly project: string
  readonly provider: string
  readonly period: string
  readonly version: PriceVersion
  /** The versions of its key that charged something. */
  readonly prices: bigint[]
  quantity: bigint
  charged: bigint
  /** What went back of it by refunds. */
  refunded: bigint
}

const pageSize = 500

export type TrueUps = { readonly lines: number; readonly amounts: ReadonlyMap<string, bigint> }

/**
 * Brings what was charged for a period to what its tiers and included volumes make of the whole, wherever something
 * was charged by them since the last time. The difference is one line of its own, so that no record's charge depends
 * on another's. `before` leaves what is younger to whoever is still charging there.
 */
export async function writeTrueUps(
  house: House,
  principal: string,
  memory: Memory,
  before: Date | null = null,
): Promise<TrueUps> {
  const written = { lines: 0, amounts: new Map<string, bigint>() }
  const due = await sql.dueTrueUps(house.database.pool, before)
  const all = [...new Set(due.flatMap(({ places }) => places))].sort()
  for (let from = 0; from < all.length; from += pageSize) {
    const page = all.slice(from, from + pageSize)
    const call = { principal, key: randomUUID(), command: 'charging.writeTrueUps', input: { places: page } }
    const lines = await inOperation(house, call, (writer) => writeLines(writer, page, memory, house.zone))
    for (const { currency, nanos } of lines) {
      written.lines += 1
      written.amounts.set(currency, (written.amounts.get(currency) ?? 0n) + nanos)
    }
  }
  await forget(
    house,
    principal,
    due.map(({ operation }) => BigInt(operation)),
  )
  return written
}

async function inOperation(house: House, call: Call, write: (writer: Writer) => ReturnType<typeof writeLines>) {
  let lines: Awaited<ReturnType<typeof writeLines>> = []
  await alone(house, call, async (writer) => {
    lines = await write(writer)
    return lines.length === 0 ? nothing : { lines: lines.length }
  })
  return lines
}

/** Only once all of it is written: what is looked at a second time comes to nothing. */
async function forget(house: House, principal: string, operations: readonly bigint[]): Promise<void> {
  if (operations.length === 0) return
  const input = { operations: operations.map(String) }
  const call = { principal, key: randomUUID(), command: 'charging.endTrueUps', input }
  await alone(house, call, async (writer) => ({ ended: await sql.deleteDueTrueUps(writer, operations) }))
}

async function writeLines(writer: Writer, places: readonly string[], memory: Memory, zone: string) {
  await lettingGo(writer, () => sql.lockTrueUps(writer))
  const rater = await memory.raters.current(writer)
  const totals = await totalsOf(writer, places, memory.raters.versions)
  const payers = await partiesOf(writer)
  const lines = totals.flatMap((total) => {
    const line = lineFor(total, rater, payers.get(total.project) as { organisation: string; tier: string })
    return line ? [{ ...line, total, id: writer.nextId(), transfer: writer.nextId() }] : []
  })
  if (lines.length === 0) return lines
  await markUsed(writer, [...new Set(lines.flatMap((line) => line.uses))])
  await sql.insertTrueUps(writer, lines)
  const isPrepaid = (project: string): boolean => payers.get(project)?.payment === 'prepaid'
  const transfers = lines.map(({ total, transfer, nanos, currency, period }) => {
    const kind = isPrepaid(total.project) ? 'wallet' : 'unbilled_receivable'
    const project: AccountName = { owner: total.project, kind }
    const provider: AccountName = { owner: total.provider, kind: 'usage_revenue' }
    const owed = nanos > 0n
    return {
      id: transfer,
      debit: owed ? project : provider,
      credit: owed ? provider : project,
      currency,
      nanos: owed ? nanos : -nanos,
      reason: 'true-up' as const,
      period,
    }
  })
  const back = lines.filter(({ total, nanos }) => nanos < 0n && isPrepaid(total.project))
  const givenBack = await givenBackOf(writer, back)
  const takenBack = lines.filter(({ total }) => isPrepaid(total.project)).flatMap(takenBackBy)
  await lettingGo(writer, () => postFromWallets(writer, zone, transfers, { givenBack, takenBack }))
  return lines
}

type Back = { readonly total: Total; readonly nanos: bigint; readonly currency: string }

/** It comes back of whatever was charged there, the newest before the others. */
async function givenBackOf(writer: Writer, lines: readonly Back[]): Promise<GivenBack[]> {
  if (lines.length === 0) return []
  const pages = await sql.pagesOfTotals(
    writer,
    lines.map(({ total }) => total),
  )
  const byLine = Map.groupBy(pages, ({ n }) => n)
  return lines.map(({ total, nanos, currency }, n) => ({
    owner: total.project,
    currency,
    nanos: -nanos,
    pages: (byLine.get(n) ?? []).map(({ page }) => BigInt(page)),
  }))
}

/** A correction gives back the whole of a charge, also what an earlier true-up had given back of it. */
function takenBackBy({ total, nanos, currency }: Back): Spent[] {
  const beyond = total.refunded - total.charged
  const back = beyond < nanos ? beyond : nanos
  return back > 0n ? [{ owner: total.project, currency, nanos: back }] : []
}

function lineFor(total: Total, rater: Rater, payer: { organisation: string; tier: string }) {
  return trueUp(rater.pricesOfPeriod(total.version, total.project, payer), {
    component: total.version.component,
    period: total.period,
    quantityTotal: total.quantity,
    chargedTotal: total.charged,
    price: total.version.id,
  })
}

/** Sums by what the versions of one key price together; only usage whose own price looks at the period counts. */
async function totalsOf(writer: Writer, places: readonly string[], versions: ReadonlyMap<bigint, PriceVersion>) {
  const totals = new Map<string, Total>()
  for (const row of await sql.sumsOfPlaces(writer, places)) {
    const version = versions.get(BigInt(row.price))
    if (!version || !isPeriodBased(version.definition as PriceDefinition)) continue
    const { project, provider, period } = row
    const key = [project, provider, period, version.service, version.subtype, version.component, row.currency].join(' ')
    const total = totals.get(key) ?? {
      project,
      provider,
      period,
      version,
      prices: [],
      quantity: 0n,
      charged: 0n,
      refunded: 0n,
    }
    total.prices.push(version.id)
    total.quantity += parseDecimal(row.quantity, 9) as bigint
    total.charged += nanosFrom(row.amount)
    total.refunded += nanosFrom(row.refunded)
    totals.set(key, total)
  }
  return [...totals.values()]
}
