import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import { periodOf } from '../values/period.ts'
import type { Fact } from './fact.ts'
import * as sql from './sql.ts'
import { compare, type Content, contentDigest, type Texts, textsOf } from './version.ts'

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
}

type Draft = { readonly known: KnownFact; readonly texts: Texts; readonly digest: string }

/** Writes a page of facts down, each thing used once; see `version.ts` for which of its versions stands. */
export async function recordFacts(writer: Writer, facts: readonly KnownFact[], zone: string): Promise<RecordedPage> {
  const records = sortedAndOnce(facts).map(({ known, texts, digest }): sql.Recorded => {
    const { fact, project, person, provider } = known
    const id = writer.nextId()
    return { id, period: periodOf(fact.endsAt, zone), version: 1, fact, project, person, provider, digest, texts }
  })

  const fresh = await sql.insertIdentities(writer, records)
  if (fresh.length === records.length) {
    await sql.insertRecords(writer, records)
    return { first: records, newer: [], seen: facts.length - records.length }
  }
  const freshIds = new Set(fresh.map((row) => row.record))
  const first = records.filter((record) => freshIds.has(record.id.toString()))
  const newer = await supersede(
    writer,
    records.filter((record) => !freshIds.has(record.id.toString())),
  )

  const written = [...first, ...newer.map(({ record }) => record)].sort((a, b) => (a.id < b.id ? -1 : 1))
  await sql.insertRecords(writer, written)
  if (newer.length > 0) {
    const changed = await sql.updateIdentities(
      writer,
      newer.map(({ record }) => record),
    )
    assert.equal(changed, newer.length)
  }
  return { first, newer, seen: facts.length - first.length - newer.length }
}

/** In the order of their names, so that two pages never wait for each other; of several versions the one that wins. */
function sortedAndOnce(facts: readonly KnownFact[]): Draft[] {
  const bySource = new Map<string, Map<string, Draft>>()
  for (const known of facts) {
    const { source, externalId } = known.fact
    let drafts = bySource.get(source)
    if (!drafts) bySource.set(source, (drafts = new Map()))
    const texts = textsOf(known.fact)
    const draft = { known, texts, digest: contentDigest(contentOf(known), texts) }
    const other = drafts.get(externalId)
    if (!other || compare(versionOf(known, draft.digest), versionOf(other.known, other.digest)) === 'newer') {
      drafts.set(externalId, draft)
    }
  }
  return [...bySource.keys()].sort().flatMap((source) => {
    const drafts = bySource.get(source) as Map<string, Draft>
    return [...drafts.keys()].sort().map((externalId) => drafts.get(externalId) as Draft)
  })
}

/** Locks what is known already and keeps what says something newer. */
async function supersede(writer: Writer, records: readonly sql.Recorded[]): Promise<RecordedPage['newer']> {
  const names = records.map(({ fact }) => ({ source: fact.source, externalId: fact.externalId }))
  const standing = await sql.lockIdentities(writer, names)
  assert.equal(standing.length, records.length)
  const byKey = new Map(standing.map((row) => [`${row.source}\n${row.external_id}`, row]))
  const identityOf = ({ fact }: sql.Recorded) => byKey.get(`${fact.source}\n${fact.externalId}`) as sql.IdentityRow
  const changed = records.filter((record) => identityOf(record).digest !== record.digest)
  if (changed.length === 0) return []
  const stored = await sql.recordsById(
    writer,
    changed.map((record) => BigInt(identityOf(record).record)),
  )
  const storedById = new Map(stored.map((row) => [row.id, row]))
  return changed.flatMap((record) => {
    const identity = identityOf(record)
    const previous = storedById.get(identity.record) as sql.RecordRow
    const incoming = versionOf(record, record.digest)
    if (compare(incoming, versionOfRow(previous)) !== 'newer') return []
    return [{ record: { ...record, version: identity.version + 1 }, previous }]
  })
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

const versionOf = (known: KnownFact, digest: string) => ({
  final: known.fact.final,
  measuredAt: known.fact.measuredAt,
  digest,
  content: contentOf(known),
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

export { insertQuarantined as quarantine, makePartition as makeRecordsPartition, markReplayed } from './sql.ts'
export {
  countWaiting,
  lockStanding,
  meterNames,
  partitions,
  recordsById,
  recordsByName,
  sources,
  waiting,
} from './sql.ts'
export type { Quarantined, QuarantineRow, Recorded, RecordRow } from './sql.ts'
