import type { Writer } from '../database/writer.ts'
import type { Fact } from '../metering/fact.ts'
import { lockWaiting, quarantine, type QuarantinedRow, settle } from '../metering/quarantine-commands.ts'
import { factDoor, type Page } from './page.ts'

/** A fact that names somebody whom nobody knows. */
export type UnknownFact = { readonly fact: Fact; readonly reason: string }

/** The page without the rows that were replayed or dismissed since they were read: those say nothing any more. */
export async function whatStillWaits<Of extends Page>(writer: Writer, page: Of): Promise<Of> {
  if (page.replays === undefined || page.replays.length === 0) return page
  const still = await lockWaiting(
    writer,
    page.replays.map(({ id }) => id),
  )
  const replays = page.replays.filter(({ id }) => still.has(id))
  return { ...page, replays, facts: replays.flatMap(({ facts }) => facts) }
}

/** Puts what cannot be charged into quarantine, and settles what was taken out of it. */
export async function setAside(
  writer: Writer,
  page: Page,
  unknown: readonly UnknownFact[],
  chargeFrom: number | null,
): Promise<{ quarantined: number; replayed: number; stillWaiting: number }> {
  const replays = page.replays ?? []
  const replayOf = new Map(replays.flatMap(({ id, facts }) => facts.map((fact) => [fact, id] as const)))
  const fresh: QuarantinedRow[] = page.bad.map((row) => ({ ...row, chargeFrom }))
  const reasons = new Map(replays.flatMap(({ id, reason }) => (reason === undefined ? [] : [[id, reason] as const])))
  for (const { fact, reason } of unknown) {
    const id = replayOf.get(fact)
    if (id === undefined) fresh.push({ ...rowOf(fact), reason, chargeFrom })
    else reasons.set(id, reason)
  }
  const quarantined = await quarantine(writer, fresh)
  if (replays.length === 0) return { quarantined, replayed: 0, stillWaiting: 0 }
  const done = replays.filter(({ id }) => !reasons.has(id)).map(({ id }) => id)
  return { quarantined, replayed: await settle(writer, done, reasons), stillWaiting: reasons.size }
}

/** A fact that was read well is kept as it is; when it was measured stands beside it. */
const rowOf = ({ measuredAt, ...fact }: Fact) => ({
  door: factDoor,
  source: fact.source,
  origin: fact.externalId,
  line: 0,
  raw: JSON.stringify(fact),
  settings: {},
  measuredAt,
})

/** The fact that `rowOf` kept. */
export const factFrom = (raw: string, measuredAt: number): Fact => ({
  ...(JSON.parse(raw) as Omit<Fact, 'measuredAt'>),
  measuredAt,
})
