import type { Reader } from '../database/reader.ts'
import type { RecordRow } from '../metering/commands.ts'
import { transfersById } from '../ledger/commands.ts'
import type { Charge, Paid, PayerKind, State } from './charge.ts'
import { nanosFrom } from '../values/money.ts'
import type { Usage } from './rater.ts'
import { refundedOf } from './refund/sql.ts'
import * as sql from './sql.ts'

export type Prior = {
  /** Charges that stand: made and not reversed. */
  readonly live: readonly Charge[]
  /** Of their transfers, those that a wallet paid. */
  readonly fromWallets: ReadonlySet<bigint>
  /** By charge: what was given back of it. */
  readonly refunded: ReadonlyMap<bigint, bigint>
  readonly state: State['state']
  readonly revisions: number
  /** The revision of the book that it was rated with; undefined when it has not been rated yet. */
  readonly book: number | undefined
}

/** What records were charged so far, for each of them. */
export async function priorRatings(reader: Reader, records: readonly string[]): Promise<Map<string, Prior>> {
  const ids = records.map((record) => BigInt(record))
  const states = new Map((await sql.statesOfRecords(reader, ids)).map((row) => [row.record, row]))
  const charges = new Map<string, Charge[]>(records.map((record) => [record, []]))
  for (const row of await sql.chargesOfRecords(reader, ids)) charges.get(row.record)?.push(sql.chargeOf(row))
  const transfers = [...charges.values()].flat().map(({ transfer }) => transfer)
  const fromWallets = await walletTransfers(
    reader,
    transfers.filter((transfer) => transfer !== null),
  )
  const refunded = await refundsOf(
    reader,
    [...charges.values()].flat().map(({ id }) => id),
  )
  const known = { fromWallets, refunded }
  return new Map([...charges].map(([record, lines]) => [record, priorOf(lines, states.get(record), known)]))
}

/** Those of the transfers that a wallet paid. */
export async function walletTransfers(reader: Reader, ids: readonly bigint[]): Promise<ReadonlySet<bigint>> {
  const found = ids.length === 0 ? [] : await transfersById(reader, [...new Set(ids)])
  return new Set(
    found.filter((row) => row.debit_kind === 'wallet' || row.credit_kind === 'wallet').map(({ id }) => BigInt(id)),
  )
}

async function refundsOf(reader: Reader, charges: readonly bigint[]): Promise<ReadonlyMap<bigint, bigint>> {
  const found = charges.length === 0 ? [] : await refundedOf(reader, 'charge', charges)
  return new Map(found.map((row) => [BigInt(row.id), nanosFrom(row.refunded)]))
}

function priorOf(
  lines: readonly Charge[],
  last: sql.StateRow | undefined,
  known: Pick<Prior, 'fromWallets' | 'refunded'>,
): Prior {
  const reversed = new Set(lines.filter((line) => line.kind === 'reversal').map(placeOf))
  const live = lines.filter((line) => line.kind === 'charge' && !reversed.has(placeOf(line)))
  const line = lines.at(-1)
  // What was rated anew as free has both: the reversals of its charges, and then the reason.
  const isReason = last !== undefined && last.state !== 'charged' && (!line || BigInt(last.id) > line.id)
  const bookOfReason = last?.state === 'free' || last?.state === 'uncharged' ? last.book : undefined
  return {
    live,
    ...known,
    state: last?.state ?? 'charged',
    revisions: lines.reduce((most, line) => Math.max(most, line.revision), 0),
    book: isReason ? bookOfReason : line?.book,
  }
}

/** What a charge was paid from, and goes back to. */
export const payerOf = ({ fromWallets }: Prior, { transfer }: Charge): PayerKind =>
  transfer !== null && fromWallets.has(transfer) ? 'wallet' : 'unbilled_receivable'

/** What reversing a charge must know of it. */
export const paidOf = (prior: Prior, charge: Charge, person: string | null): Paid => ({
  payer: payerOf(prior, charge),
  person,
  refunded: prior.refunded.get(charge.id) ?? 0n,
})

const placeOf = (c: Charge): string => `${c.component} ${c.part} ${c.revision}`

/** Usage as it is rated, from a record written down. */
export const usageOf = (row: RecordRow): Usage => ({
  service: row.service,
  subtype: row.subtype,
  project: row.project,
  person: row.person,
  startsAt: row.starts_at.getTime(),
  endsAt: row.ends_at.getTime(),
  quantities: row.quantities,
  dimensions: row.dimensions,
})
