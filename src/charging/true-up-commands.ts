import { randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import type { AccountName } from '../ledger/transfer.ts'
import type { Pool } from '../credits/page.ts'
import { type OfPage, postFromWallets } from '../credits/page-commands.ts'
import { paidFrom } from '../ledger/listing-commands.ts'
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
import type { PayerKind } from './charge.ts'
import { poolsOf } from './pool-commands.ts'
import { walletTransfers } from './prior-commands.ts'
import { type Sides, sharesOf } from './true-up/sides.ts'
import type { Rater } from './rater.ts'
import * as sql from './true-up/sql.ts'

/** One project's usage of one priced thing in one period, as far as a tier or an included volume looks at it. */
type Total = {
  readonly project: string
  readonly provider: string
  readonly period: string
  readonly version: PriceVersion
  quantity: bigint
  charged: bigint
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

/** Those of one project that are due, before something goes by what its months came to. */
export async function writeTrueUpsOf(house: House, principal: string, project: string, memory: Memory): Promise<void> {
  const places = await placesDueOf(house.database.pool, project)
  if (places.length === 0) return
  const call = { principal, key: randomUUID(), command: 'charging.writeTrueUps', input: { places } }
  // What is due stays noted: whoever looks a second time finds nothing more to write.
  await inOperation(house, call, (writer) => writeLines(writer, places, memory, house.zone))
}

/** The same as a part of an operation that will be rolled back. */
export async function tryTrueUpsOf(writer: Writer, project: string, memory: Memory, zone: string): Promise<void> {
  const places = await placesDueOf(writer, project)
  if (places.length > 0) await writeLines(writer, places, memory, zone)
}

async function placesDueOf(reader: Reader, project: string): Promise<string[]> {
  const due = await sql.dueTrueUps(reader, null)
  return [...new Set(due.flatMap(({ places }) => places))].filter((place) => place.startsWith(`${project} `)).sort()
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
  const worth = totals.flatMap((total) => {
    const line = lineFor(total, rater, payers.get(total.project) as { organisation: string; tier: string })
    return line ? [{ ...line, total }] : []
  })
  if (worth.length === 0) return []
  const isPrepaid = (project: string): boolean => payers.get(project)?.payment === 'prepaid'
  const lines = (await byPayer(writer, places, worth, memory, isPrepaid)).map((line) => {
    return { ...line, id: writer.nextId(), transfer: writer.nextId() }
  })
  await markUsed(writer, [...new Set(lines.flatMap((line) => line.uses))])
  await sql.insertTrueUps(writer, lines)
  const transfers = lines.map(({ total, payer, transfer, nanos, currency, period }) => {
    const project: AccountName = { owner: total.project, kind: payer }
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
  const paid = lines.filter(({ payer }) => payer === 'wallet')
  const trued = await truedOf(writer, paid, [...memory.raters.periodBased])
  await lettingGo(writer, () => postFromWallets(writer, zone, transfers, trued))
  return lines
}

type Line = { readonly total: Total; readonly nanos: bigint; readonly currency: string }

/** A project that paid in another way before gets a line for each of them. */
async function byPayer<Each extends Line>(
  writer: Writer,
  places: readonly string[],
  lines: readonly Each[],
  memory: Memory,
  isPrepaid: (project: string) => boolean,
): Promise<(Each & { readonly payer: PayerKind })[]> {
  const kindNow = (project: string): PayerKind => (isPrepaid(project) ? 'wallet' : 'unbilled_receivable')
  const paid = await paidFrom(
    writer,
    lines.map(({ total }) => total.project),
  )
  const mixed = new Set(paid.filter(({ owner, kind }) => kind !== kindNow(owner)).map(({ owner }) => owner))
  const sides = await sidesOf(
    writer,
    places.filter((place) => mixed.has(place.slice(0, 36))),
    memory.raters.versions,
  )
  return lines.flatMap((line) => {
    const { total, nanos, currency } = line
    const side = sides.get(keyOf(total, total.version, currency))
    if (!side) return [{ ...line, payer: kindNow(total.project) }]
    const { wallet, billed } = sharesOf(nanos, side, isPrepaid(total.project))
    return [
      { ...line, nanos: wallet, payer: 'wallet' as const },
      {
        ...line,
        nanos: billed,
        payer: 'unbilled_receivable' as const,
        total: { ...total, charged: total.charged + wallet },
      },
    ].filter((part) => part.nanos !== 0n)
  })
}

async function sidesOf(writer: Writer, places: readonly string[], versions: ReadonlyMap<bigint, PriceVersion>) {
  const sides = new Map<string, Sides>()
  const found = places.length === 0 ? [] : await sql.sumsOfTransfers(writer, places)
  const wallets = await walletTransfers(
    writer,
    found.map(({ transfer }) => BigInt(transfer)),
  )
  for (const row of found) {
    const version = versions.get(BigInt(row.price))
    if (!version || !isPeriodBased(version.definition as PriceDefinition)) continue
    const key = keyOf(row, version, row.currency)
    const known = sides.get(key) ?? { wallet: { charged: 0n, trued: 0n }, billed: { charged: 0n, trued: 0n } }
    sides.set(key, known)
    known[wallets.has(BigInt(row.transfer)) ? 'wallet' : 'billed'][row.trued ? 'trued' : 'charged'] += nanosFrom(
      row.amount,
    )
  }
  return sides
}

type Place = Pick<Total, 'project' | 'provider' | 'period'>
const keyOf = ({ project, provider, period }: Place, { service, subtype, component }: PriceVersion, currency: string) =>
  [project, provider, period, service, subtype, component, currency].join(' ')

/** What is given back comes of whatever the wallet paid in the month, the newest before the others. */
async function truedOf(writer: Writer, lines: readonly Line[], periodBased: readonly bigint[]): Promise<OfPage> {
  if (lines.length === 0) return {}
  const alike = [...Map.groupBy(lines, ({ total, currency }) => `${total.project} ${currency}`).values()]
  const months = alike.map((same) => {
    const { total, currency } = same[0] as Line
    return { project: total.project, currency, periods: new Set(same.map((line) => line.total.period)) }
  })
  const found = await poolsOf(writer, months, periodBased)
  const isOf =
    ({ owner, currency }: Pool) =>
    (line: Line) =>
      line.total.project === owner && line.currency === currency
  const pools = found.map((pool) => {
    return { ...pool, added: lines.filter(isOf(pool)).reduce((sum, { nanos }) => sum + nanos, pool.added) }
  })
  const givenBack = pools.flatMap((pool) =>
    lines
      .filter(({ nanos }) => nanos < 0n)
      .filter(isOf(pool))
      .map(({ nanos }) => ({ ...pool, nanos: -nanos, pages: [...pool.pages.keys()] })),
  )
  return { givenBack, pools }
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
    const key = keyOf(row, version, row.currency)
    const total = totals.get(key) ?? {
      project,
      provider,
      period,
      version,
      quantity: 0n,
      charged: 0n,
    }
    total.quantity += parseDecimal(row.quantity, 9) as bigint
    total.charged += nanosFrom(row.amount)
    totals.set(key, total)
  }
  return [...totals.values()]
}
