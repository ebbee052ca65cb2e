import { strict as assert } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import type { Writer } from '../database/writer.ts'
import { namedAsBefore } from './again-commands.ts'
import { Draft, type KnownFact } from './draft.ts'
import { type Fact, plainFact } from './fact.ts'
import { RecentNames } from './recent.ts'
import type { Recorded } from './recorded.ts'
import * as sql from './sql.ts'
import {
  type Content,
  contentOf as contentOfStanding,
  corrects,
  join,
  keptOf,
  type Standing,
  standingOf,
} from './version.ts'

export type RecordedPage = {
  /** Used for the first time. */
  readonly first: readonly Recorded[]
  /** Known before, and now superseded by this. */
  readonly newer: readonly { readonly record: Recorded; readonly previous: sql.RecordRow }[]
  /** Nothing new: said before in the same words, or in better ones. */
  readonly seen: number
  /** Of those, how many were measured later than all that said so before. */
  readonly confirmed: number
}

/** Writes a piece of a page down, each thing used once; see `version.ts` for which of its versions stands. */
export async function recordFacts(
  writer: Writer,
  facts: readonly KnownFact[],
  zone: string,
  recent: RecentNames = new RecentNames(),
): Promise<RecordedPage> {
  const records = onceEach(facts, zone)
  const { first, other } = await sift(writer, records, recent)
  if (other.length === 0) {
    await sql.insertRecords(writer, first)
    await insertIdentities(writer, first, recent)
    await keepTold(writer, first)
    return { first, newer: [], seen: facts.length - first.length, confirmed: 0 }
  }
  const { newer, confirmed, retold } = await supersede(writer, other, await lockStandingOf(writer, other), zone)

  const written = [...first, ...newer.map(({ record }) => record)].sort((a, b) => (a.id < b.id ? -1 : 1))
  await sql.insertRecords(writer, written)
  await insertIdentities(writer, first, recent)
  if (newer.length > 0) {
    const changed = await sql.updateIdentities(
      writer,
      newer.map(({ record }) => record),
    )
    assert.equal(changed, newer.length)
  }
  // Else a correction from between the two, arriving last, would pass for the newest.
  if (confirmed.length > 0) await sql.confirmIdentities(writer, confirmed)
  await keepTold(writer, [...first, ...newer.map(({ record }) => record)])
  if (retold.length > 0) await sql.keepTold(writer, retold)
  const seen = facts.length - first.length - newer.length
  return { first, newer, seen, confirmed: new Set([...confirmed, ...retold]).size }
}

/** Nearly all were told by one version. */
async function keepTold(writer: Writer, records: readonly Recorded[]): Promise<void> {
  const several = records.filter(({ kept }) => kept !== null)
  if (several.length > 0) await sql.keepTold(writer, several)
}

/**
 * Those that nobody has told of, and those told otherwise, with their ids. What stands already in the same words, and was
 * measured then or later, is left out and needs no lock: whatever another page does to it now comes after this one.
 */
async function sift(writer: Writer, records: readonly Draft[], recent: RecentNames) {
  const told = recent.among(records)
  const asked = recent.takesOthersForNew ? told : records
  const known = asked.length === 0 ? [] : await sql.findIdentities(writer, asked)
  if (asked === records) recent.found(known.some(({ place }) => !told.includes(records[place - 1] as Draft)))
  const rows = new Map(known.map((row) => [asked[row.place - 1], row]))
  const first: Draft[] = []
  const other: Draft[] = []
  for (const record of records) {
    const row = rows.size === 0 ? undefined : rows.get(record)
    const isSeen = row?.digest === record.digest && Number(row.measured) >= record.fact.measuredAt
    if (isSeen && row.plain && record.kept === null) continue
    record.id = writer.nextId()
    if (row) other.push(record)
    else first.push(record)
  }
  return { first, other }
}

/** One that stands already breaks `usage_is_recorded_once`: then the operation begins anew, and all are asked for. */
async function insertIdentities(writer: Writer, first: readonly Draft[], recent: RecentNames): Promise<void> {
  try {
    await sql.insertIdentities(writer, first)
  } catch (error) {
    recent.wasMistaken()
    throw error
  }
}

/** Of several versions of one thing the one that wins. */
function onceEach(facts: readonly KnownFact[], zone: string): Draft[] {
  const drafts: Draft[] = []
  for (const known of facts) {
    const draft = new Draft(known, zone)
    const other = drafts[drafts.length - 1]
    if (!other || orderOf(known.fact, other.fact) !== 0) {
      drafts.push(draft)
      continue
    }
    // The same once more, as dumps have it.
    const isLater = known.fact.measuredAt > other.fact.measuredAt
    if (!isLater && other.kept === null && draft.digest === other.digest) continue
    const both = join(standingOfRecord(other), standingOfRecord(draft))
    const joined = asDraft(both, draft, zone)
    drafts[drafts.length - 1] = joined.digest === other.digest ? asDraft(both, other, zone) : joined
  }
  return drafts
}

/** By name, so that two pages never wait for each other; versions of one thing as they arrived. Dumps nearly are. */
function inOrder(facts: readonly KnownFact[]): readonly KnownFact[] {
  return facts.toSorted((one, other) => orderOf(one.fact, other.fact))
}

function orderOf(one: Fact, other: Fact): number {
  if (one.source !== other.source) return one.source < other.source ? -1 : 1
  if (one.externalId === other.externalId) return 0
  return one.externalId < other.externalId ? -1 : 1
}

/**
 * A page in pieces that are recorded one after the other, in the order in which everybody takes identities. What becomes
 * of a piece on its way to the database is garbage before the next one: that is cheaper to collect than a page's.
 */
export function* inPieces(facts: readonly KnownFact[]): Generator<readonly KnownFact[]> {
  const sorted = inOrder(facts)
  for (let from = 0; from < sorted.length; ) {
    let to = Math.min(from + pieceSize, sorted.length)
    while (to < sorted.length && orderOf((sorted[to] as KnownFact).fact, (sorted[to - 1] as KnownFact).fact) === 0) to++
    yield sorted.slice(from, to)
    from = to
  }
}

const pieceSize = 3000

/** Keeps what says something newer than what stands, or says the same at a later time. */
async function supersede(
  writer: Writer,
  records: readonly Recorded[],
  standing: ReadonlyMap<string, sql.IdentityRow>,
  zone: string,
) {
  const identityOf = ({ fact }: Recorded) => standing.get(keyOf(fact)) as sql.IdentityRow
  const changed = records.filter((record) => {
    const { digest, told } = identityOf(record)
    return digest !== record.digest || told !== null || record.kept !== null
  })
  const stored =
    changed.length === 0
      ? []
      : await sql.recordsById(
          writer,
          changed.map((record) => BigInt(identityOf(record).record)),
        )
  const storedById = new Map(stored.map((row) => [row.id, row]))
  const asBefore = await namedAsBefore(
    writer,
    changed.flatMap((record) => {
      const standing = storedById.get(identityOf(record).record)
      return standing ? { record, standing } : []
    }),
  )
  const newer: { record: Recorded; previous: sql.RecordRow }[] = []
  const confirmed: Recorded[] = []
  const retold: Recorded[] = []
  for (const record of records) {
    const identity = identityOf(record)
    const previous = storedById.get(identity.record)
    const measuredAt = identity.measured_at.getTime()
    if (!previous) {
      // In the same words as the one version that stands.
      if (record.fact.measuredAt > measuredAt) confirmed.push(record)
      continue
    }
    const stands = standingOf(contentOfRow(previous), measuredAt, identity.told)
    const told = asBefore.get(record)
    const again = standingOf(contentOf(told ?? record), record.fact.measuredAt, record.kept)
    // A correction is told of whom its names mean now; all else of whom they meant.
    const comes = told && corrects(again, stands) ? standingOfRecord(record) : again
    const draft = asDraft(join(stands, comes), record, zone)
    const { period, fact, project, person, provider, digest, called, texts, kept } = draft
    const parts = { period, fact, project, person, provider, digest, called, texts, kept }
    const known = { ...parts, id: record.id, version: identity.version + 1 }
    if (digest !== identity.digest) newer.push({ record: known, previous })
    else if (fact.measuredAt > measuredAt) confirmed.push(known)
    if (digest === identity.digest && !isDeepStrictEqual(kept, identity.told)) retold.push(known)
  }
  return { newer, confirmed, retold }
}

const keyOf = ({ source, externalId }: Fact) => `${source}\n${externalId}`

/** What is known already of these, locked, by `keyOf`. */
async function lockStandingOf(writer: Writer, records: readonly Recorded[]) {
  const names = records.map(({ fact }) => ({ source: fact.source, externalId: fact.externalId }))
  const standing = await sql.lockIdentities(writer, names)
  return new Map(standing.map((row) => [`${row.source}\n${row.external_id}`, row]))
}

/** What stands, as a record of the same thing. */
function asDraft(standing: Standing, record: Recorded, zone: string): Draft {
  const content = contentOfStanding(standing)
  const { project, person, provider, ...told } = content
  const fact = { ...plainFact(record.fact), ...told, measuredAt: standing.top[0] }
  return new Draft({ fact, project, person, provider }, zone, keptOf(standing, content))
}

const contentOf = ({ fact, project, person, provider }: KnownFact): Content => ({
  service: fact.service,
  subtype: fact.subtype,
  startsAt: fact.startsAt,
  endsAt: fact.endsAt,
  final: fact.final,
  quantities: fact.quantities,
  dimensions: fact.dimensions,
  project,
  person,
  provider,
})

const standingOfRecord = (record: Recorded): Standing =>
  standingOf(contentOf(record), record.fact.measuredAt, record.kept)

const contentOfRow = (row: sql.RecordRow): Content => ({
  service: row.service,
  subtype: row.subtype,
  startsAt: row.starts_at.getTime(),
  endsAt: row.ends_at.getTime(),
  final: row.final,
  quantities: row.quantities,
  dimensions: row.dimensions,
  project: row.project,
  person: row.person,
  provider: row.provider,
})

export { RecentNames } from './recent.ts'
export { makePartition as makeRecordsPartition } from './sql.ts'
export {
  confirmationsTable,
  lockStanding,
  meterNames,
  ownersStanding,
  partitions,
  recordsBelow,
  recordsById,
  recordsCalled,
  recordsNamed,
  recordsTable,
  sources,
} from './sql.ts'
export type { KnownFact } from './draft.ts'
export type { Recorded } from './recorded.ts'
export type { RecordRow } from './sql.ts'
