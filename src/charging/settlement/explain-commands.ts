import { reservationWhole } from '../../credits/listing-commands.ts'
import { type TransferRow, transfersById } from '../../ledger/commands.ts'
import type { House } from '../../operations/house.ts'
import { type ExplainedLine, explainRating } from '../../pricing/explain.ts'
import type { Memory } from '../memory-commands.ts'
import type { Payer } from '../rater.ts'
import { type SettlementRow, settlementById, settlementsOf } from './sql.ts'

/** Why a reservation cost what it did: each settling with its usage, prices, steps and transfers. */
export type ExplainedReservation = {
  readonly whole: NonNullable<Awaited<ReturnType<typeof reservationWhole>>>
  readonly settlements: readonly {
    readonly row: SettlementRow
    /** Undefined when an amount was given, or its prices are not those of its payer any more. */
    readonly lines: readonly ExplainedLine[] | undefined
    readonly transfers: readonly TransferRow[]
  }[]
}

type Priced = { readonly price: string; readonly amount: string }

/** A reservation with all its settlements, or one settlement of it; undefined when there is none. */
export async function explainReservation(
  house: House,
  memory: Memory,
  payerOf: (row: { payer: string; project: string | null; person: string | null }) => Promise<Payer>,
  wanted: { readonly reservation: bigint } | { readonly settlement: bigint },
): Promise<ExplainedReservation | undefined> {
  const reader = house.database.pool
  const only = 'settlement' in wanted ? await settlementById(reader, wanted.settlement) : undefined
  if ('settlement' in wanted && !only) return undefined
  const id = only ? BigInt(only.reservation) : (wanted as { reservation: bigint }).reservation
  const whole = await reservationWhole(reader, id)
  if (!whole) return undefined
  const settlements = []
  for (const row of only ? [only] : await settlementsOf(reader, [id])) {
    settlements.push({ row, lines: await linesOf(row), transfers: await transfersOf(row) })
  }
  return { whole, settlements }

  async function linesOf(row: SettlementRow): Promise<readonly ExplainedLine[] | undefined> {
    if (row.quantities === null || row.book === null || !whole) return undefined
    const { payer, project, person } = whole.row
    const at = row.at.getTime()
    const used = { service: row.service, subtype: row.subtype, startsAt: at, endsAt: at, dimensions: {} }
    const quantities = JSON.parse(row.quantities) as Record<string, string>
    const usage = { ...used, quantities, project: project ?? payer, person }
    const rater = await memory.raters.at(reader, row.book)
    const found = explainRating(rater.pricesFor(usage, await payerOf({ payer, project, person })), usage)
    const kept = JSON.parse(row.lines ?? '[]') as Priced[]
    const lines = found.outcome === 'charged' ? found.lines : []
    return lines.length === kept.length ? lines : undefined
  }

  async function transfersOf({ transfer, absorbed_transfer: absorbed }: SettlementRow): Promise<TransferRow[]> {
    const ids = [transfer, absorbed].filter((each) => each !== null).map(BigInt)
    return ids.length === 0 ? [] : await transfersById(reader, ids)
  }
}
