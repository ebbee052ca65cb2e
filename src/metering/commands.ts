import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import { periodOf } from '../values/period.ts'
import type { Fact } from './fact.ts'
import * as sql from './sql.ts'
import { compare, type Content, contentDigest, textsOf, together } from './version.ts'

/** A fact whose names have been found: the UUIDs of its project, person and provider. */
export type KnownFact = {
  readonly fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
}

export type RecordedPage = {
  /** Used for the first time. */
  readonly first: readonly sql.Recorded[]
  /** Known before, and now superseded by this. */
  readonly newer: readonly { readonly record: sql.Recorded; readonly previous: sql.RecordRow }[]
  /** Nothing new: said before in the same words, or in better ones. */
  readonly seen: number
  /** Of those, how many were measured later than all that said so before. */
  readonly confirmed: number
}

/** Writes a page of facts down, each thing used once; see `version.ts` for which of its versions stands. */
export async function recordFacts(writer: Writer, facts: readonly KnownFact[], zone: string): Promise<RecordedPage> {
  const records = sortedAndOnce(facts, zone)
  const { first, other } = await sift(writer, records)
  if (other.length === 0) {
    await sql.insertIdentities(writer, first)
    await sql.insertRecords(writer, first)
    return { first, newer: [], seen: facts.length - first.length, confirmed: 0 }
  }
  const { newer, confirmed } = await supersede(writer, other, await lockStandingOf(writer, other), zone)

  await sql.insertIdentities(writer, first)
  const written = [...first, ...newer.map(({ record }) => record)].sort((a, b) => (a.id < b.id ? -1 : 1))
  await sql.insertRecords(writer, written)
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

/** A record before it has its id: ids rise in the order of the names. */
type Draft = { -readonly [Key in keyof sql.Recorded]: sql.Recorded[Key] }

/**
 * Those that nobody has told of, and those told otherwise, with their ids. What stands already in the same words, and was
 * measured then or later, is left out and needs no lock: whatever another page does to it now comes after this one.
 */
async function sift(writer: Writer, records: readonly Draft[]): Promise<{ first: Draft[]; other: Draft[] }> {
  const known = await sql.findIdentities(writer, records)
  const byPlace = new Map(known.map((row) => [row.place, row]))
  const first: Draft[] = []
  const other: Draft[] = []
  for (const [index, record] of records.entries()) {
    const row = byPlace.get(index + 1)
    if (row?.digest === record.digest && Number(row.measured) >= record.fact.measuredAt) continue
    record.id = writer.nextId()
    if (row) other.push(record)
    else first.push(record)
  }
  return { first, other }
}

/** In the order of their names, so that two pages never wait for each other; of several versions the one that wins. */
function sortedAndOnce(facts: readonly KnownFact[], zone: string): Draft[] {
  const bySource = new Map<string, Map<string, Draft>>()
  for (const known of facts) {
    const { source, externalId } = known.fact
    let drafts = bySource.get(source)
    if (!drafts) bySource.set(source, (drafts = new Map()))
    const draft = draftOf(known, zone)
    const other = drafts.get(externalId)
    const verdict = other ? compare(versionOf(draft), versionOf(other)) : 'newer'
    if (verdict === 'newer') drafts.set(externalId, draft)
    if (!other || verdict === 'newer' || verdict === 'older') continue
    const measuredAt = Math.max(known.fact.measuredAt, other.fact.measuredAt)
    if (verdict === 'seen') other.fact = { ...other.fact, measuredAt }
    else drafts.set(externalId, draftOf(knownTogether(draft, contentOf(other), measuredAt), zone))
  }
  return [...bySource.keys()].sort().flatMap((source) => {
    const drafts = bySource.get(source) as Map<string, Draft>
    return [...drafts.keys()].sort().map((externalId) => drafts.get(externalId) as Draft)
  })
}

function draftOf(known: KnownFact, zone: string): Draft {
  const { fact, project, person, provider } = known
  const texts = textsOf(fact)
  const digest = contentDigest(fact, known, texts)
  return { id: 0n, period: periodOf(fact.endsAt, zone), version: 1, fact, project, person, provider, digest, texts }
}

/** Keeps what says something newer than what stands, or says the same at a later time. */
async function supersede(
  writer: Writer,
  records: readonly sql.Recorded[],
  standing: ReadonlyMap<string, sql.IdentityRow>,
  zone: string,
) {
  const identityOf = ({ fact }: sql.Recorded) => standing.get(keyOf(fact)) as sql.IdentityRow
  const changed = records.filter((record) => identityOf(record).digest !== record.digest)
  const stored =
    changed.length === 0
      ? []
      : await sql.recordsById(
          writer,
          changed.map((record) => BigInt(identityOf(record).record)),
        )
  const storedById = new Map(stored.map((row) => [row.id, row]))
  const newer: { record: sql.Recorded; previous: sql.RecordRow }[] = []
  const confirmed: sql.Recorded[] = []
  for (const record of records) {
    const identity = identityOf(record)
    const previous = storedById.get(identity.record)
    const measuredAt = identity.measured_at.getTime()
    const verdict = previous ? compare(versionOf(record), { ...versionOfRow(previous), measuredAt }) : 'seen'
    if (verdict === 'seen' && record.fact.measuredAt > measuredAt) confirmed.push(record)
    if (!previous || verdict === 'seen' || verdict === 'older') continue
    const latest = Math.max(measuredAt, record.fact.measuredAt)
    const { content } = versionOfRow(previous)
    const draft = verdict === 'more' ? draftOf(knownTogether(record, content, latest), zone) : record
    newer.push({ record: { ...draft, id: record.id, version: identity.version + 1 }, previous })
  }
  return { newer, confirmed }
}

const keyOf = ({ source, externalId }: Fact) => `${source}\n${externalId}`

/** What is known already of these, locked, by `keyOf`. */
async function lockStandingOf(writer: Writer, records: readonly sql.Recorded[]) {
  const names = records.map(({ fact }) => ({ source: fact.source, externalId: fact.externalId }))
  const standing = await sql.lockIdentities(writer, names)
  return new Map(standing.map((row) => [`${row.source}\n${row.external_id}`, row]))
}

const knownTogether = (record: sql.Recorded, standing: Content, measuredAt: number): KnownFact => ({
  fact: { ...together(record.fact, standing), measuredAt },
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

const versionOf = (record: sql.Recorded) => ({
  final: record.fact.final,
  measuredAt: record.fact.measuredAt,
  digest: record.digest,
  content: contentOf(record),
})

const versionOfRow = (row: sql.RecordRow) => ({
  final: row.final,
  measuredAt: row.measured_at.getTime(),
  digest: row.digest,
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

export { makePartition as makeRecordsPartition } from './sql.ts'
export {
  confirmationsTable,
  lockStanding,
  meterNames,
  partitions,
  recordsBelow,
  recordsById,
  recordsCalled,
  recordsNamed,
  recordsTable,
  sources,
} from './sql.ts'
export type { Recorded, RecordRow } from './sql.ts'
