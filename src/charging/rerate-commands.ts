import { randomUUID } from 'node:crypto'
import type { Writer } from '../database/writer.ts'
import { lockStanding, recordsById, type RecordRow } from '../metering/commands.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { lettingGo, trying } from '../operations/trial.ts'
import { partiesOf } from '../parties/commands.ts'
import { prepaidOf, type ProjectParty } from '../parties/party.ts'
import type { RatedLine, Rating } from '../pricing/line.ts'
import { type Charge, ChargeSheet } from './charge.ts'
import { writeSheet } from './commands.ts'
import { paidOf, type Prior, priorRatings, usageOf } from './prior-commands.ts'
import { type Memory, newMemory } from './memory-commands.ts'
import type { Rater } from './rater.ts'
import * as sql from './sql.ts'
import { writeTrueUps } from './true-up-commands.ts'

export type RerateChoice = {
  readonly principal: string
  /** UUID; null for all. */
  readonly project: string | null
  readonly from: Date | null
  readonly to: Date | null
  /** Stands in the operation, for whoever asks later why a charge changed. */
  readonly reason: string
  readonly dryRun: boolean
}

export type RerateResult = {
  readonly looked: number
  readonly changed: number
  /** Of those changed, how many are charged nothing now, and nothing is missing: a policy or a quantity of zero. */
  readonly free: number
  /** What the changes come to, by currency, in nanos. */
  readonly amounts: ReadonlyMap<string, bigint>
}

const pageSize = 2000

/**
 * Rates standing usage anew with the prices that hold now, and trues its periods up; what comes out the same is left
 * alone. A dry run does all of it, and is rolled back.
 */
export async function rerate(house: House, choice: RerateChoice, memory: Memory): Promise<RerateResult> {
  if (choice.dryRun) {
    return await trying(house, (tried) => rerate(tried, { ...choice, dryRun: false }, newMemory(house.zone)))
  }
  const next = (after: bigint) => sql.recordsToRerate(house.database.pool, choice, after, pageSize)
  const result = await inPages(house, { ...choice, command: 'charging.rerate' }, memory, next)
  const amounts = new Map(result.amounts)
  for (const [currency, nanos] of (await writeTrueUps(house, choice.principal, memory)).amounts) {
    amounts.set(currency, (amounts.get(currency) ?? 0n) + nanos)
  }
  return { ...result, amounts }
}

/** Charges what waited for a price and has one now. */
export async function chargeWaiting(house: House, principal: string, memory: Memory): Promise<RerateResult> {
  const next = (after: bigint) => sql.unpricedRecords(house.database.pool, after, pageSize)
  const reason = 'a price appeared'
  return await inPages(house, { principal, reason, command: 'charging.chargeWaiting' }, memory, next)
}

type Run = Pick<RerateChoice, 'principal' | 'reason'> & { readonly command: string }

async function inPages(
  house: House,
  run: Run,
  memory: Memory,
  next: (after: bigint) => Promise<readonly { record: string }[]>,
): Promise<RerateResult> {
  const total = { looked: 0, changed: 0, free: 0, amounts: new Map<string, bigint>() }
  for (let after = 0n; ; ) {
    const page = (await next(after)).map((row) => BigInt(row.record))
    const last = page.at(-1)
    if (last === undefined) return total
    after = last
    const result = await rateAnew(house, run, memory, page)
    total.looked += page.length
    total.changed += result.changed
    total.free += result.free
    for (const [currency, nanos] of result.amounts) {
      total.amounts.set(currency, (total.amounts.get(currency) ?? 0n) + nanos)
    }
  }
}

async function rateAnew(house: House, run: Run, memory: Memory, records: readonly bigint[]) {
  let result = { changed: 0, free: 0, amounts: new Map<string, bigint>() }
  const { principal, command, reason } = run
  const call = { principal, key: randomUUID(), command, input: { reason, records: records.map(String) } }
  await alone(house, call, async (writer) => {
    const rater = await memory.raters.current(writer)
    const rows = await standing(writer, records)
    const priors = await priorRatings(
      writer,
      rows.map((row) => row.id),
    )
    const payers = await partiesOf(writer)
    const sheet = new ChargeSheet(() => writer.nextId(), memory.raters.periodBased, prepaidOf(payers.values()))
    const count = { changed: 0, free: 0 }
    for (const row of rows) {
      const task = { row, prior: priors.get(row.id) as Prior, payer: payers.get(row.project) as ProjectParty, rater }
      const outcome = rateAnewOnto(sheet, task)
      if (outcome !== undefined) count.changed += 1
      if (outcome === 'free') count.free += 1
    }
    result = { ...count, amounts: sheet.amounts }
    if (count.changed === 0) return nothing
    await writeSheet(writer, sheet, house.zone)
    return { reason, changed: count.changed }
  })
  return result
}

/** Those that still stand once their identities are locked: a correction may have come in between. */
async function standing(writer: Writer, records: readonly bigint[]): Promise<RecordRow[]> {
  const still = new Set((await lettingGo(writer, () => lockStanding(writer, records))).map((row) => row.record))
  return (await recordsById(writer, records)).filter((row) => still.has(row.id))
}

type Task = { readonly row: RecordRow; readonly prior: Prior; readonly payer: ProjectParty; readonly rater: Rater }

/** What the record is now; undefined where it stays what it was. */
function rateAnewOnto(sheet: ChargeSheet, { row, prior, payer, rater }: Task): Rating['outcome'] | undefined {
  if (prior.state === 'uncharged' || prior.state === 'accruing') return undefined
  const rating = rater.rate(usageOf(row), payer)
  const lines = rating.outcome === 'charged' ? rating.lines : []
  if (same(lines, prior.live) && (lines.length > 0 || prior.state === rating.outcome)) return undefined

  const record = BigInt(row.id)
  const rated = { revision: prior.revisions + 1, book: rater.revision }
  sheet.use(rating.uses)
  for (const charge of prior.live) sheet.reverse(charge, paidOf(prior, charge, row.person))
  for (const line of lines)
    sheet.charge({ record, project: row.project, provider: row.provider, person: row.person }, line, rated)
  const of = { record, period: row.period }
  if (rating.outcome !== 'charged') sheet.state(of, rating, rated.book)
  else if (prior.state !== 'charged') sheet.state(of, { outcome: 'charged', reason: 'rated anew' }, rated.book)
  return rating.outcome
}

function same(lines: readonly RatedLine[], charges: readonly Charge[]): boolean {
  const text = (l: Omit<RatedLine, 'uses'>) =>
    [l.component, l.part, l.period, l.price, l.quantity, l.nanos, l.currency].join(' ')
  const known = new Set(charges.map(text))
  return lines.length === charges.length && lines.every((line) => known.has(text(line)))
}
