import { hash } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { type Answered, aloneStored, type Call } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { numbered } from '../values/id.ts'
import type { BadRow } from './fact.ts'
import * as sql from './quarantine/sql.ts'

/**
 * What could not become a usage record, until it can:
 *
 *   waiting ──replayed, and it can be read now──▶ replayed
 *      ├──replayed, and it still cannot──▶ waiting, with the reason of that day
 *      └──dismissed: nobody will ever read it──▶ dismissed; it stays, and the same row again does not wait anew
 *
 * `door` names the reader that can read the row again. Usage that ended before `chargeFrom` was to be recorded and
 * not charged; that holds for the replay as well.
 */
export type QuarantinedRow = BadRow & { readonly door: string; readonly chargeFrom: number | null }

export type WaitingRow = QuarantinedRow & {
  readonly id: bigint
  readonly at: Date
  /** By which operation, and why. */
  readonly dismissed?: { readonly operation: bigint; readonly reason: string }
}

/** Keeps rows; what was quarantined before stays as it is. Answers how many are new. */
export async function quarantine(writer: Writer, bad: readonly QuarantinedRow[]): Promise<number> {
  if (bad.length === 0) return 0
  return await sql.insertQuarantined(
    writer,
    bad.map(({ settings, measuredAt, chargeFrom, ...row }) => ({
      ...row,
      settings: JSON.stringify({ settings, measuredAt, chargeFrom }),
      // When it was measured is left out: the same row in a later dump is no second row.
      digest: hash('sha256', `${row.door}\n${row.raw}\n${JSON.stringify(settings)}`, 'hex'),
    })),
  )
}

/** A page of what waits, oldest first, after a given id; of some ids only, when they are given. */
export async function waiting(
  reader: Reader,
  after: bigint,
  limit: number,
  only?: readonly bigint[],
): Promise<WaitingRow[]> {
  return (await sql.waiting(reader, after, limit, only ?? null)).map(rowFrom)
}

/** A page of what was dismissed, and why. An erasure may have emptied it since. */
export async function dismissed(reader: Reader, after: bigint, limit: number): Promise<WaitingRow[]> {
  return (await sql.dismissed(reader, after, limit)).map(({ dismissed_by, dismissed_for, ...row }) => ({
    ...rowFrom(row),
    dismissed: { operation: BigInt(dismissed_by), reason: dismissed_for },
  }))
}

const rowFrom = ({ settings, ...row }: sql.QuarantineRow): WaitingRow => ({
  ...row,
  ...(JSON.parse(settings) as Pick<QuarantinedRow, 'settings' | 'measuredAt' | 'chargeFrom'>),
  id: BigInt(row.id),
  line: Number(row.line),
})

/** Of these, those that still wait: until the commit nobody else replays or dismisses them. */
export const lockWaiting = async (writer: Writer, ids: readonly bigint[]): Promise<ReadonlySet<bigint>> =>
  new Set((await sql.lockWaiting(writer, ids)).map(({ id }) => BigInt(id)))

/** Ends the waiting of rows that will never be read: all of them, or none. What they say is never charged from here. */
export async function dismiss(
  house: House,
  call: Pick<Call, 'principal' | 'key'>,
  ids: readonly bigint[],
  reason: string,
): Promise<Answered> {
  const each = [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1))
  const input = { ids: each.map(String), reason }
  const answered = await aloneStored(
    house,
    { ...call, command: 'metering.dismissQuarantined', input },
    async (writer) => {
      const found = await lockWaiting(writer, each)
      const missing = each.filter((id) => !found.has(id)).map((id) => numbered('quarantined', id))
      if (missing.length > 0) throw new Problem('not-found', { detail: `${missing.join(', ')}: not waiting.` })
      await sql.markDismissed(writer, each)
      await sql.insertDismissals(writer, each, reason)
      return { dismissed: each.length, reason }
    },
  )
  return answered as Answered
}

/** Of rows tried again: ends the waiting of some, and writes down why the others still wait. Answers the ended. */
export async function settle(
  writer: Writer,
  done: readonly bigint[],
  reasons: ReadonlyMap<bigint, string>,
): Promise<number> {
  const ended = done.length > 0 ? await sql.markReplayed(writer, done) : 0
  if (reasons.size > 0) await sql.updateReasons(writer, reasons)
  return ended
}

export { countWaiting, dismissalsTable } from './quarantine/sql.ts'
