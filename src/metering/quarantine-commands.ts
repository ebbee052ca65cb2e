import { hash } from 'node:crypto'
import type { Writer } from '../database/writer.ts'
import type { BadRow } from './fact.ts'
import * as sql from './quarantine/sql.ts'

/**
 * What could not become a usage record, until it can:
 *
 *   waiting ──replayed, and it can be read now──▶ replayed
 *      └──replayed, and it still cannot──▶ waiting, with the reason of that day
 *
 * `door` names the reader that can read the row again. Usage that ended before `chargeFrom` was to be recorded and
 * not charged; that holds for the replay as well.
 */
export type QuarantinedRow = BadRow & { readonly door: string; readonly chargeFrom: number | null }

export type WaitingRow = QuarantinedRow & { readonly id: bigint; readonly at: Date }

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
  reader: Parameters<typeof sql.waiting>[0],
  after: bigint,
  limit: number,
  only?: readonly bigint[],
): Promise<WaitingRow[]> {
  return (await sql.waiting(reader, after, limit, only ?? null)).map(({ settings, ...row }) => ({
    ...row,
    ...(JSON.parse(settings) as Pick<QuarantinedRow, 'settings' | 'measuredAt' | 'chargeFrom'>),
    id: BigInt(row.id),
    line: Number(row.line),
  }))
}

/** Of rows tried again: ends the waiting of some, and writes down why the others still wait. Answers the ended. */
export async function settle(
  writer: Writer,
  done: readonly bigint[],
  reasons: ReadonlyMap<bigint, string>,
): Promise<number> {
  await sql.lockWaiting(writer, [...done, ...reasons.keys()])
  const ended = done.length > 0 ? await sql.markReplayed(writer, done) : 0
  if (reasons.size > 0) await sql.updateReasons(writer, reasons)
  return ended
}

export { countWaiting } from './quarantine/sql.ts'
