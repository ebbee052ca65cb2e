import { hash, randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { post } from '../ledger/commands.ts'
import { type KnownFact, type Recorded, recordFacts, type RecordRow } from '../metering/commands.ts'
import type { Fact } from '../metering/fact.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { meetNames, resolveNames } from '../parties/commands.ts'
import type { ProjectParty, ResolvedNames, WantedNames } from '../parties/party.ts'
import { markUsed } from '../pricing/commands.ts'
import { decimalText } from '../values/decimal.ts'
import { type Charge, ChargeSheet, type State } from './charge.ts'
import { openPeriods, openPeriodsFor } from './period-commands.ts'
import type { Page, PageResult, PageSettings } from './page.ts'
import { setAside, type UnknownFact } from './quarantine-commands.ts'
import type { Rater, Usage } from './rater.ts'
import type { Raters } from './book-commands.ts'
import type { Memory } from './memory-commands.ts'
import * as sql from './sql.ts'
import { insertDueTrueUps } from './true-up/sql.ts'

/**
 * The one way in for usage: writes a page of facts down, rates them and charges what is due, all under one
 * operation. A page that says nothing new leaves no trace, so a run may be repeated at will.
 */
export async function chargePage(
  house: House,
  page: Page,
  settings: PageSettings,
  memory: Memory,
): Promise<PageResult> {
  if (!settings.dryRun) await openPeriods(house, page.facts, memory)
  const wanted = namesIn(page.facts)
  if (settings.unknown === 'create' && !settings.dryRun) {
    for (const names of wanted) await meetNames(house, settings.principal, names, memory.parties)
  }
  let result: PageResult | undefined
  const externalIds = page.facts.map((fact) => fact.externalId).join('\n')
  await alone(
    house,
    {
      principal: settings.principal,
      key: randomUUID(),
      command: 'charging.chargePage',
      input: {
        facts: page.facts.length,
        bad: page.bad.length,
        chargeFrom: settings.chargeFrom,
        digest: hash('sha256', externalIds, 'hex'),
      },
    },
    async (writer) => {
      if (settings.dryRun) await openPeriodsFor(writer, page.facts, house.zone)
      result = await writePage(writer, house, { ...page, wanted }, settings, memory)
      const { recorded, corrected, confirmed, quarantined, replayed, stillWaiting } = result
      const changed = recorded + corrected + confirmed + quarantined + replayed + stillWaiting > 0
      return changed && !settings.dryRun ? summaryOf(result) : nothing
    },
  )
  return result as PageResult
}

/** What `explain` and the operation's answer tell of a page. */
const summaryOf = ({ amounts, ...counts }: PageResult) => ({
  ...counts,
  amount: Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, decimalText(nanos, 9)])),
})

type NamedPage = Page & { readonly wanted: readonly WantedNames[] }

async function writePage(writer: Writer, house: House, page: NamedPage, settings: PageSettings, memory: Memory) {
  const rater = await memory.raters.current(writer)
  const { known, unknown, payers } = await findParties(writer, page, settings, memory)
  const aside = await setAside(writer, page, unknown, settings.chargeFrom)
  const recorded = await recordFacts(writer, known, house.zone)

  const sheet = new ChargeSheet(() => writer.nextId())
  const tally = { charged: 0, unpriced: 0 }
  const payerOf = (record: Recorded) => payers.get(record.project) as ProjectParty
  const early = ({ fact }: Recorded) => settings.chargeFrom !== null && fact.endsAt < settings.chargeFrom
  for (const record of recorded.first) {
    rateOnto(sheet, tally, { record, payer: payerOf(record), rater, uncharged: early(record) })
  }
  if (recorded.newer.length > 0) {
    const priors = await priorRatings(
      writer,
      recorded.newer.map(({ previous }) => previous.id),
    )
    for (const { record, previous } of recorded.newer) {
      const prior = priors.get(previous.id) as Prior
      for (const charge of prior.live) sheet.reverse(charge)
      const asRatedFirst = prior.book === undefined ? rater : await memory.raters.at(writer, prior.book)
      const uncharged = prior.state === 'uncharged' || early(record)
      rateOnto(sheet, tally, { record, payer: payerOf(record), rater: asRatedFirst, uncharged })
    }
  }
  await writeSheet(writer, sheet, memory.raters)
  return {
    recorded: recorded.first.length,
    duplicates: recorded.seen,
    corrected: recorded.newer.length,
    confirmed: recorded.confirmed,
    ...aside,
    ...tally,
    amounts: sheet.amounts,
  }
}

/** Writes what a sheet has gathered. The ledger comes last: it locks accounts. */
export async function writeSheet(writer: Writer, sheet: ChargeSheet, raters: Raters): Promise<void> {
  await markUsed(writer, [...sheet.uses])
  await insertDueTrueUps(writer, sheet.placesOf(raters.periodBased))
  await sql.insertCharges(writer, sheet.charges)
  await sql.insertStates(writer, sheet.states)
  await post(writer, sheet.transfers)
}

type Found = {
  readonly known: readonly KnownFact[]
  readonly unknown: readonly UnknownFact[]
  readonly payers: ReadonlyMap<string, ProjectParty>
}

/** The names that facts use, each once, by their source. */
function namesIn(facts: readonly Fact[]): WantedNames[] {
  const bySource = new Map<string, { projects: Set<string>; people: Set<string>; providers: Set<string> }>()
  for (const fact of facts) {
    let names = bySource.get(fact.source)
    if (!names) bySource.set(fact.source, (names = { projects: new Set(), people: new Set(), providers: new Set() }))
    names.projects.add(fact.projectName)
    if (fact.personName !== null) names.people.add(fact.personName)
    names.providers.add(fact.providerName)
  }
  return [...bySource].map(([source, { projects, people, providers }]) => ({
    source,
    projects: [...projects],
    people: [...people],
    providers: [...providers],
  }))
}

async function findParties(writer: Writer, page: NamedPage, settings: PageSettings, memory: Memory): Promise<Found> {
  const names = new Map<string, ResolvedNames>()
  for (const wanted of page.wanted) {
    names.set(wanted.source, await resolveNames(writer, wanted, settings.unknown, memory.parties))
  }
  const known: KnownFact[] = []
  const unknown: UnknownFact[] = []
  const payers = new Map<string, ProjectParty>()
  for (const fact of page.facts) {
    const { projects, people, providers } = names.get(fact.source) as ResolvedNames
    const project = projects.get(fact.projectName)
    const person = fact.personName === null ? null : people.get(fact.personName)
    const provider = providers.get(fact.providerName)
    if (project === undefined || person === undefined || provider === undefined) {
      unknown.push({ fact, reason: whoIsMissing(fact, { project, person, provider }) })
      continue
    }
    payers.set(project.project, project)
    known.push({ fact, project: project.project, person, provider })
  }
  return { known, unknown, payers }
}

function whoIsMissing(
  fact: Fact,
  found: { project: ProjectParty | undefined; person: string | null | undefined; provider: string | undefined },
): string {
  const missing = !found.project
    ? `project "${fact.projectName}"`
    : found.person === undefined
      ? `person "${fact.personName}"`
      : `provider "${fact.providerName}"`
  return `there is no ${missing}: import it with bursar parties import, then replay`
}

type RatingTask = {
  readonly record: Recorded
  readonly payer: ProjectParty
  readonly rater: Rater
  /** It was used before charging began, and never costs anything. */
  readonly uncharged: boolean
}

function rateOnto(sheet: ChargeSheet, tally: { charged: number; unpriced: number }, task: RatingTask): void {
  const { record, payer, rater } = task
  const { fact, project, provider, id, period } = record
  const rated = { revision: 1, book: rater.revision }
  const of = { record: id, period }
  if (!fact.final) {
    sheet.state(of, { outcome: 'accruing', reason: 'it has not ended yet' }, rated.book)
    return
  }
  const rating = rater.rateFor(fact, payer, record.person)
  const subject = { record: id, project, provider }
  if (task.uncharged && rating.outcome !== 'free') {
    if (rating.outcome === 'charged') for (const line of rating.lines) sheet.memo(subject, line, rated)
    sheet.state(of, { outcome: 'uncharged', reason: 'it was used before charging began' }, rated.book)
  } else if (rating.outcome === 'charged') {
    for (const line of rating.lines) sheet.charge(subject, line, rated)
    tally.charged += 1
  } else {
    sheet.state(of, rating, rated.book)
    if (rating.outcome === 'unpriced') tally.unpriced += 1
  }
}

export type Prior = {
  /** Charges that stand: made and not reversed. */
  readonly live: readonly Charge[]
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
  return new Map([...charges].map(([record, lines]) => [record, priorOf(lines, states.get(record))]))
}

function priorOf(lines: readonly Charge[], last: sql.StateRow | undefined): Prior {
  const reversed = new Set(lines.filter((line) => line.kind === 'reversal').map(placeOf))
  const live = lines.filter((line) => line.kind === 'charge' && !reversed.has(placeOf(line)))
  const line = lines.at(-1)
  // What was rated anew as free has both: the reversals of its charges, and then the reason.
  const isReason = last !== undefined && last.state !== 'charged' && (!line || BigInt(last.id) > line.id)
  const bookOfReason = last?.state === 'free' || last?.state === 'uncharged' ? last.book : undefined
  return {
    live,
    state: last?.state ?? 'charged',
    revisions: lines.reduce((most, line) => Math.max(most, line.revision), 0),
    book: isReason ? bookOfReason : line?.book,
  }
}

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
