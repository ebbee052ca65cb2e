import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import { namedAsBefore } from './again-commands.ts'
import { Draft, type KnownFact } from './draft.ts'
import { type Fact, plainFact } from './fact.ts'
import { RecentNames } from './recent.ts'
import type { Recorded } from './recorded.ts'
import * as sql from './sql.ts'
import { compare, type Content, together, type Version } from './version.ts'

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
    return { first, newer: [], seen: facts.length - first.length, confirmed: 0 }
  }
  const { newer, confirmed } = await supersede(writer, other, await lockStandingOf(writer, other), zone)

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
  const seen = facts.length - first.length - newer.length
  return { first, newer, seen, confirmed: confirmed.length }
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
    if (row && row.digest === record.digest && Number(row.measured) >= record.fact.measuredAt) continue
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
    const verdict = compare(versionOf(draft), versionOf(other))
    if (verdict === 'older') continue
    const measuredAt = Math.max(known.fact.measuredAt, other.fact.measuredAt)
    if (verdict === 'seen') other.measuredAgain(measuredAt)
    else {
      const isMore = verdict === 'more'
      drafts[drafts.length - 1] = isMore ? new Draft(knownTogether(draft, contentOf(other), measuredAt), zone) : draft
    }
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
  const changed = records.filter((record) => identityOf(record).digest !== record.digest)
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
  for (const record of records) {
    const identity = identityOf(record)
    const previous = storedById.get(identity.record)
    const measuredAt = identity.measured_at.getTime()
    const before = asBefore.get(record)
    const told = before ? new Draft(before, zone) : record
    const verdict = previous ? compare(versionOf(told), { ...versionOfRow(previous), measuredAt }) : 'seen'
    if (verdict === 'seen' && record.fact.measuredAt > measuredAt) confirmed.push(record)
    if (!previous || verdict === 'seen' || verdict === 'older') continue
    const latest = Math.max(measuredAt, record.fact.measuredAt)
    const { content } = versionOfRow(previous)
    const draft = verdict === 'more' ? new Draft(knownTogether(told, content, latest), zone) : record
    const { period, fact, project, person, provider, digest, called, texts } = draft
    const parts = { period, fact, project, person, provider, digest, called, texts }
    newer.push({ record: { ...parts, id: record.id, version: identity.version + 1 }, previous })
  }
  return { newer, confirmed }
}

const keyOf = ({ source, externalId }: Fact) => `${source}\n${externalId}`

/** What is known already of these, locked, by `keyOf`. */
async function lockStandingOf(writer: Writer, records: readonly Recorded[]) {
  const names = records.map(({ fact }) => ({ source: fact.source, externalId: fact.externalId }))
  const standing = await sql.lockIdentities(writer, names)
  return new Map(standing.map((row) => [`${row.source}\n${row.external_id}`, row]))
}

const knownTogether = (record: Recorded, standing: Content, measuredAt: number): KnownFact => ({
  fact: { ...together(plainFact(record.fact), standing), measuredAt },
  project: record.project,
  person: record.person ?? standing.person,
  provider: record.provider,
})

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

const versionOf = (record: Recorded): Version => ({
  final: record.fact.final,
  measuredAt: record.fact.measuredAt,
  digest: record.digest,
  content: contentOf(record),
  raw: record.fact.raw,
})

const versionOfRow = (row: sql.RecordRow): Version => ({
  final: row.final,
  measuredAt: row.measured_at.getTime(),
  digest: row.digest,
  raw: row.raw,
  content: {
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
  },
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
