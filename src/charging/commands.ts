import { strict as assert } from 'node:assert'
import { hash, randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { postFromWallets } from '../credits/page-commands.ts'
import { inPieces, type Recorded, recordFacts } from '../metering/commands.ts'
import { aloneStored, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { lettingGo } from '../operations/trial.ts'
import { meetNames, projectById } from '../parties/commands.ts'
import { prepaidOf, type ProjectParty } from '../parties/party.ts'
import { markUsed } from '../pricing/commands.ts'
import { decimalText } from '../values/decimal.ts'
import { type Charge, ChargeSheet } from './charge.ts'
import { openPeriods } from './period-commands.ts'
import { outcomesOf, outcomesOfUnknown } from './outcome.ts'
import { emptyResult, type FactOutcome, type Page, type PageResult, type PageSettings } from './page.ts'
import { refuseOthers } from './owners.ts'
import { findParties, namesIn, type NamedPage } from './party-commands.ts'
import { paidOf, type Prior, priorRatings } from './prior-commands.ts'
import { setAside, whatStillWaits } from './quarantine-commands.ts'
import { withPools } from './pool-commands.ts'
import type { Rater } from './rater.ts'
import { takeRefundsBack } from './refund-back-commands.ts'
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
  await openPeriods(house, page.facts, memory)
  const wanted = namesIn(page.facts, memory.parties)
  if (settings.unknown === 'create') {
    for (const names of wanted) await meetNames(house, settings.principal, names, memory.parties)
  }
  let result: PageResult | undefined
  const externalIds = page.facts.map((fact) => fact.externalId).join('\n')
  const answered = await aloneStored(
    house,
    {
      principal: settings.principal,
      key: settings.call?.key ?? randomUUID(),
      command: 'charging.chargePage',
      input: settings.call
        ? { digest: settings.call.digest }
        : {
            facts: page.facts.length,
            bad: page.bad.length,
            chargeFrom: settings.chargeFrom,
            digest: hash('sha256', externalIds, 'hex'),
          },
    },
    async (writer) => {
      result = await writePage(writer, house, { ...page, wanted }, settings, memory)
      const { recorded, corrected, confirmed, quarantined, replayed, stillWaiting } = result
      const changed = recorded + corrected + confirmed + quarantined + replayed + stillWaiting > 0
      return changed ? summaryOf(result) : nothing
    },
  )
  return { ...(result ?? emptyResult), ...(settings.call && { answered }) }
}

/** What `explain` and the operation's answer tell of a page. */
const summaryOf = ({ amounts, ...counts }: PageResult) => ({
  ...counts,
  amount: Object.fromEntries([...amounts].map(([currency, nanos]) => [currency, decimalText(nanos, 9)])),
})

async function writePage(writer: Writer, house: House, told: NamedPage, settings: PageSettings, memory: Memory) {
  const rater = await memory.raters.current(writer)
  const page = await whatStillWaits(writer, told)
  const { known, unknown, payers } = await findParties(writer, page, settings, memory)
  const aside = await setAside(writer, page, unknown, settings.chargeFrom)
  const tally = { recorded: 0, duplicates: 0, corrected: 0, confirmed: 0, charged: 0, unpriced: 0 }
  const outcomes: FactOutcome[] = []
  const prepaid = new Set(prepaidOf(payers.values()))
  const sheet = new ChargeSheet(() => writer.nextId(), memory.raters.periodBased, prepaid)
  const early = ({ fact }: Recorded) => settings.chargeFrom !== null && fact.endsAt < settings.chargeFrom
  const onto = (record: Recorded, by: Rater, uncharged: boolean) =>
    rateOnto(sheet, tally, { record, payer: payers.get(record.project) as ProjectParty, rater: by, uncharged })
  for (const piece of inPieces(known)) {
    const recorded = await recordFacts(writer, piece, house.zone, memory.recent)
    const charges: Charge[] = []
    // Rated as the rows go out: all at once first, the database would wait meanwhile.
    const ratedOneByOne = function* () {
      for (const record of recorded.first) {
        onto(record, rater, early(record))
        for (const charge of sheet.takeCharges()) {
          if (settings.call) charges.push(charge)
          yield charge
        }
      }
    }
    await sql.insertCharges(writer, ratedOneByOne())
    if (recorded.newer.length > 0) {
      const priors = await priorRatings(
        writer,
        recorded.newer.map(({ previous }) => previous.id),
      )
      for (const { record, previous } of recorded.newer) {
        refuseOthers(page, record.fact, previous)
        // What its name meant before, no name of this page may mean.
        if (!payers.has(record.project)) await addPayer(writer, payers, prepaid, record.project)
        const prior = priors.get(previous.id) as Prior
        for (const charge of prior.live) sheet.reverse(charge, paidOf(prior, charge, previous.person))
        const asRatedFirst = prior.book === undefined ? rater : await memory.raters.at(writer, prior.book)
        onto(record, asRatedFirst, prior.state === 'uncharged' || early(record))
      }
    }
    const anew = sheet.takeCharges()
    if (settings.call) outcomes.push(...outcomesOf(recorded, [...charges, ...anew], sheet.states))
    await sql.insertCharges(writer, anew)
    tally.recorded += recorded.first.length
    tally.duplicates += recorded.seen
    tally.corrected += recorded.newer.length
    tally.confirmed += recorded.confirmed
  }
  if (settings.call) outcomes.push(...outcomesOfUnknown(unknown))
  await writeSheet(writer, sheet, house.zone)
  return { ...aside, ...tally, amounts: sheet.amounts, ...(settings.call && { outcomes }) }
}

async function addPayer(reader: Reader, payers: Map<string, ProjectParty>, prepaid: Set<string>, project: string) {
  const payer = await projectById(reader, project)
  assert(payer, `project ${project} of a record is not there`)
  payers.set(project, payer)
  for (const each of prepaidOf([payer])) prepaid.add(each)
}

/** Writes what a sheet has gathered. The ledger comes last: it locks accounts. */
export async function writeSheet(writer: Writer, sheet: ChargeSheet, zone: string): Promise<void> {
  await markUsed(writer, [...sheet.uses])
  await insertDueTrueUps(writer, sheet.due)
  await sql.insertCharges(writer, sheet.takeCharges())
  await sql.insertStates(writer, sheet.states)
  const takenBack = await takeRefundsBack(writer, zone, sheet.takenBack)
  const givenBack = await withPools(writer, [...sheet.givenBack.values()])
  const of = { people: [...sheet.spentBy.values()], givenBack }
  await lettingGo(writer, () => postFromWallets(writer, zone, [...sheet.transfers, ...takenBack], of))
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
  const rating = rater.rateFor(fact, payer, record.person, record.texts)
  const subject = { record: id, project, provider, person: record.person }
  sheet.use(rating.uses)
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
