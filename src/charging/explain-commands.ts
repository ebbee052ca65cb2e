import { type TransferRow, transfersById } from '../ledger/commands.ts'
import {
  recordsBelow,
  recordsById,
  recordsCalled,
  recordsNamed,
  type RecordRow,
  sources,
} from '../metering/commands.ts'
import type { Reader } from '../database/reader.ts'
import type { House } from '../operations/house.ts'
import { operationOf } from '../operations/history.ts'
import { nameOfPerson, partiesOf } from '../parties/commands.ts'
import type { ProjectParty } from '../parties/party.ts'
import { type ExplainedLine, explainRating } from '../pricing/explain.ts'
import { numberOf } from '../values/id.ts'
import type { Charge } from './charge.ts'
import { type Prior, priorRatings, usageOf } from './prior-commands.ts'
import type { Memory } from './memory-commands.ts'
import * as sql from './sql.ts'
import { trueUpsBeside } from './true-up/explain-commands.ts'
import type { TrueUpRow } from './true-up/sql.ts'

/** Why one record cost what it did: everything between the raw record and the books. */
export type Explanation = {
  readonly record: RecordRow
  readonly project: ProjectParty
  readonly person: string | null
  readonly prior: Prior
  readonly reason: string | undefined
  readonly lines: readonly { readonly charge: Charge; readonly steps: ExplainedLine | undefined }[]
  /** Charges taken back, with their reversals, oldest first. */
  readonly past: readonly PastCharge[]
  /** The record that stands where this one does not any more. */
  readonly successor: RecordRow | undefined
  readonly transfers: readonly TransferRow[]
  /** What brings the months of its charges to their tiers and included volumes. */
  readonly trueUps: readonly TrueUpRow[]
}

/** For a reversal, who took the charge back, when and why. */
type PastCharge = {
  readonly charge: Charge
  readonly because?: {
    readonly operation: bigint
    readonly principal: string
    readonly at: Date
    readonly reason: string
  }
}

const recordsMax = 20

/** The records that a charge, a record id or the name of a job means, newest first. */
export async function findRecords(house: House, wanted: string): Promise<RecordRow[]> {
  const reader = house.database.pool
  const charge = numberOf('charge', wanted)
  if (charge !== undefined) {
    const found = await sql.chargeById(reader, charge)
    return found ? await recordsById(reader, [BigInt(found.record)]) : []
  }
  const record = numberOf('record', wanted)
  if (record !== undefined) return await recordsById(reader, [record])
  const found: RecordRow[] = []
  for (const { source } of await sources(reader)) found.push(...(await recordsOfJob(reader, source, wanted)))
  return found
}

/**
 * `lab/4/1795250309` names one run of a job, `lab/4` and `4` all of them; `13_2` is what its user sees of job 47. What
 * came over the API is called as its sender called it: `job-1`, or `portal/job-1`. A cluster may have slashes in its name.
 */
async function recordsOfJob(reader: Reader, source: string, wanted: string): Promise<RecordRow[]> {
  const name = wanted.replace(/\/+$/, '')
  const own = `${source.slice(source.indexOf(':') + 1)}/`
  const isOfOther = name.includes('/') && !name.startsWith(own)
  const job = name.startsWith(own) ? name.slice(own.length) : name
  const runs = await recordsBelow(reader, source, isOfOther ? name : `${own}${job}`, recordsMax)
  if (runs.length > 0) return runs
  const whole = name === job && !isOfOther ? [] : await recordsNamed(reader, source, name)
  if (whole.length > 0 || isOfOther) return whole
  const called = await recordsCalled(reader, source, job, recordsMax)
  return called.length > 0 ? called : await recordsNamed(reader, source, job)
}

export async function explain(house: House, record: RecordRow, memory: Memory): Promise<Explanation> {
  const reader = house.database.pool
  const id = BigInt(record.id)
  const prior = (await priorRatings(reader, [record.id])).get(record.id) as Prior
  const project = (await partiesOf(reader)).get(record.project) as ProjectParty
  const rows = await sql.chargesOfRecords(reader, [id])
  const rated = rows.map(sql.chargeOf)
  const memos = rated.filter((charge) => charge.kind === 'memo')
  const lines = []
  for (const charge of [...prior.live, ...memos]) {
    const rater = await memory.raters.at(reader, charge.book)
    const usage = usageOf(record)
    const explained = explainRating(rater.pricesFor(usage, project), usage)
    const steps = explained.outcome === 'charged' ? explained.lines.find((line) => sameLine(line, charge)) : undefined
    lines.push({ charge, steps })
  }
  const standing = new Set([...prior.live, ...memos].map((charge) => charge.id))
  const past = rated.filter((charge) => !standing.has(charge.id))
  const [stands] = await recordsNamed(reader, record.source, record.external_id)
  const [state] = await sql.statesOfRecords(reader, [id])
  return {
    record,
    project,
    person: record.person === null ? null : ((await nameOfPerson(reader, record.person)) ?? null),
    prior,
    reason: state?.reason,
    lines,
    past: await Promise.all(past.map((charge) => withReason(reader, charge, rows))),
    successor: stands?.id === record.id ? undefined : stands,
    trueUps: await trueUpsBeside(reader, memory, prior.live),
    transfers: await transfersById(reader, [
      ...new Set([...prior.live, ...past].flatMap((each) => each.transfer ?? [])),
    ]),
  }
}

async function withReason(reader: Reader, charge: Charge, rows: readonly sql.ChargeRow[]): Promise<PastCharge> {
  const row = rows.find(({ id, kind }) => kind === 'reversal' && id === String(charge.id))
  const operation = row && (await operationOf(reader, BigInt(row.operation)))
  if (!operation) return { charge }
  const { id, principal, at, command, answer } = operation
  const { reason } = answer as { readonly reason?: string }
  const why = command === 'charging.chargePage' ? 'corrected: its source told it otherwise' : (reason ?? command)
  return { charge, because: { operation: id, principal, at, reason: why } }
}

/** A tier that changed since would rate otherwise; then the charge stands and its steps cannot be shown. */
const sameLine = (line: ExplainedLine, charge: Charge): boolean =>
  line.component === charge.component &&
  line.part === charge.part &&
  line.price === charge.price &&
  line.nanos === charge.nanos
