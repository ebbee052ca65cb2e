import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { paidFrom } from '../ledger/listing-commands.ts'
import { loadBook } from '../pricing/commands.ts'
import { nanosFrom } from '../values/money.ts'
import { looksAtPeriods } from './book-commands.ts'
import type { Month, PayerKind } from './charge.ts'
import { walletTransfers } from './prior-commands.ts'
import * as sql from './true-up/sql.ts'

/** What is left to be given back in months with true-ups, to whoever paid; of another charge a month says nothing. */
export type Kept = {
  of(charge: Month, payer: PayerKind): bigint | undefined
  take(charge: Month, payer: PayerKind, nanos: bigint): void
}

/**
 * What is still paid in months in which true-ups gave something back: what they gave back cannot go back once more, neither
 * of all of it nor of what a wallet paid or what is billed. Until the operation ends no true-up is written and no other refund of such
 * a month.
 */
export async function keptInMonths(writer: Writer, charges: readonly Month[]): Promise<Kept> {
  if ((await trueUpsOf(writer, charges)).length === 0) return { of: () => undefined, take: () => {} }
  await sql.lockTrueUps(writer)
  const monthOf = await monthsByKey(writer)
  const trued = await trueUpsOf(writer, charges)
  const months = new Set(trued.map((row) => monthOf(ofRow(row))))
  const places = new Set(trued.map(({ project, provider, period }) => [project, provider, period].join(' ')))
  const kept = new Map<string, Record<PayerKind, bigint>>()
  for (const row of await sumsBySide(writer, [...places], charges)) {
    const month = monthOf(ofRow(row))
    if (month === undefined || !months.has(month)) continue
    const sides = kept.get(month) ?? { wallet: 0n, unbilled_receivable: 0n }
    kept.set(month, sides)
    sides[row.payer] += nanosFrom(row.amount) - nanosFrom(row.refunded)
  }
  const keptOf = (charge: Month) => kept.get(monthOf(charge) ?? '')
  return {
    of(charge, payer) {
      const sides = keptOf(charge)
      return sides && least(sides[payer], sides.wallet + sides.unbilled_receivable)
    },
    take(charge, payer, nanos) {
      const sides = keptOf(charge)
      if (sides) sides[payer] -= nanos
    },
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Transfers, of which a month may have many, are looked at only of a project that ever paid in both ways. */
async function sumsBySide(writer: Writer, places: readonly string[], charges: readonly Month[]) {
  const paid = await paidFrom(writer, [...new Set(charges.map(({ project }) => project))])
  if (paid.length < 2) {
    const payer: PayerKind = paid[0]?.kind === 'wallet' ? 'wallet' : 'unbilled_receivable'
    return (await sql.sumsOfPlaces(writer, places)).map((row) => ({ ...row, payer }))
  }
  const found = await sql.sumsOfTransfers(writer, places)
  const wallets = await walletTransfers(
    writer,
    found.map(({ transfer }) => BigInt(transfer)),
  )
  return found.map((row): typeof row & { readonly payer: PayerKind } => {
    return { ...row, payer: wallets.has(BigInt(row.transfer)) ? 'wallet' : 'unbilled_receivable' }
  })
}

/** True-ups where some charges are; all of them are of one project and provider. */
async function trueUpsOf(writer: Writer, charges: readonly Month[]): Promise<sql.TrueUpRow[]> {
  const [first] = charges
  const periods = [...new Set(charges.map(({ period }) => period))]
  return first ? await sql.trueUpsAt(writer, first.project, first.provider, periods) : []
}

const ofRow = <Row extends { readonly price: string }>(row: Row) => ({ ...row, price: BigInt(row.price) })

/**
 * Names what one true-up looks at: all versions of one key, whosever they are, in a month. It is written under one of them.
 * Undefined for a price that looks at no period.
 */
async function monthsByKey(reader: Reader) {
  const keys = await keysOfPrices(reader)
  return ({ project, provider, period, price }: Month): string | undefined => {
    const key = keys.get(price)
    return key === undefined ? undefined : [project, provider, period, key].join(' ')
  }
}

async function keysOfPrices(reader: Reader): Promise<ReadonlyMap<bigint, string>> {
  const versions = (await loadBook(reader)).versions.filter(looksAtPeriods)
  return new Map(
    versions.map(({ id, service, subtype, component, definition }) => {
      const { currency } = definition as { readonly currency: string }
      return [id, JSON.stringify([service, subtype, component, currency])]
    }),
  )
}
