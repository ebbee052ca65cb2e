import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { loadBook } from '../pricing/commands.ts'
import { nanosFrom } from '../values/money.ts'
import { looksAtPeriods } from './book-commands.ts'
import type { Month } from './charge.ts'
import * as sql from './true-up/sql.ts'

/** What is left to be given back in months with true-ups; of another charge a month says nothing. */
export type Kept = { of(charge: Month): bigint | undefined; take(charge: Month, nanos: bigint): void }

/**
 * What is still paid in months in which true-ups gave something back: what they gave back cannot go back once more. Until
 * the operation ends no true-up is written and no other refund of such a month.
 */
export async function keptInMonths(writer: Writer, charges: readonly Month[]): Promise<Kept> {
  const kept = new Map<string, bigint>()
  if ((await trueUpsOf(writer, charges)).length === 0) return { of: () => undefined, take: () => {} }
  await sql.lockTrueUps(writer)
  const monthOf = await monthsByKey(writer)
  const trued = await trueUpsOf(writer, charges)
  const months = new Set(trued.map((row) => monthOf(ofRow(row))))
  const places = new Set(trued.map(({ project, provider, period }) => [project, provider, period].join(' ')))
  for (const row of await sql.sumsOfPlaces(writer, [...places])) {
    const month = monthOf(ofRow(row))
    if (month === undefined || !months.has(month)) continue
    kept.set(month, (kept.get(month) ?? 0n) + nanosFrom(row.amount) - nanosFrom(row.refunded))
  }
  const nameOf = (charge: Month): string => monthOf(charge) ?? ''
  return {
    of: (charge) => kept.get(nameOf(charge)),
    take(charge, nanos) {
      const open = kept.get(nameOf(charge))
      if (open !== undefined) kept.set(nameOf(charge), open - nanos)
    },
  }
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
