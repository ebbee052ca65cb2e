import type { Asking } from '../credits/commands.ts'
import { postFromWallets } from '../credits/page-commands.ts'
import { refundTooMuch } from '../credits/refund.ts'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { lockStanding, type RecordRow, recordsNamed } from '../metering/commands.ts'
import { aloneStored, type Answered } from '../operations/alone.ts'
import { numbered } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { periodOf } from '../values/period.ts'
import type { Charge } from './charge.ts'
import type { Counter } from './counter-commands.ts'
import { newMemory } from './memory-commands.ts'
import { keptInMonths } from './month-commands.ts'
import { withPools } from './pool-commands.ts'
import { payerOf, type Prior, priorRatings } from './prior-commands.ts'
import * as sql from './refund/sql.ts'
import { answerOf, type RefundRequest, toldOf } from './refund/told.ts'
import { tryTrueUpsOf, writeTrueUpsOf } from './true-up-commands.ts'

/** Charges of usage records: back to the credits of the wallet that paid them, or off what no invoice has asked for yet. */
export async function refundRecord(
  { credits }: Counter,
  asking: Asking,
  request: RefundRequest,
  record: RecordRow,
  only: bigint | undefined,
): Promise<Answered> {
  const { principal, key, dryRun, check } = asking
  const call = { principal, key, command: 'credits.refund', input: toldOf(request), status: 201 }
  const { house } = credits
  // No more is given back than a month left to be paid, which is known when its tiers have been looked at.
  if (!dryRun) await writeTrueUpsOf(house, 'bursar', record.project, newMemory(house.zone))
  try {
    const answered = await aloneStored(house, call, async (writer) => {
      await sql.lockRefunds(writer, BigInt(record.id))
      // A correction on its way gives all of it back: whoever comes second sees what the first has written.
      await lockStanding(writer, [BigInt(record.id)])
      if (dryRun) await tryTrueUpsOf(writer, record.project, newMemory(house.zone), house.zone)
      const { answer, write } = await planOf(writer, house.zone, request, record, only)
      if (dryRun) throw new OnlyTried(answer)
      await write()
      // Behind the locks of the accounts: two refunds to one payer see each other.
      const problem = await check?.(writer)
      if (problem) throw problem
      return answer
    })
    if (!answered) throw new Error('a refund answers')
    return answered
  } catch (error) {
    if (!(error instanceof OnlyTried)) throw error
    return { operation: 0n, status: 200, answer: JSON.stringify(error.answer), again: false }
  }
}

async function planOf(
  writer: Writer,
  zone: string,
  { of, nanos, reason }: RefundRequest,
  record: RecordRow,
  only: bigint | undefined,
) {
  const prior = (await priorRatings(writer, [record.id])).get(record.id) as Prior
  const live = prior.live.filter((charge) => charge.nanos > 0n && (only === undefined || charge.id === only))
  const [first] = live
  if (!first) throw await nothingPaid(writer, record, only, nanos)
  const { currency } = first
  const alike = live.filter((charge) => charge.currency === currency)
  const parts = await partsOf(writer, { ...prior, live: alike }, nanos, currency)
  const at = writer.at.getTime()
  const period = periodOf(at, zone)
  const refunds = parts.map(({ charge, before, nanos: part }) => ({
    id: writer.nextId(),
    settlement: null,
    charge: charge.id,
    payer: charge.project,
    provider: charge.provider,
    period,
    at,
    currency,
    paid: charge.nanos,
    before,
    nanos: part,
    reason,
    transfer: writer.nextId(),
  }))
  const transfers = refunds.map((row, n) => ({
    id: row.transfer,
    debit: { owner: row.provider, kind: 'usage_revenue' as const },
    credit: { owner: row.payer, kind: payerOf(prior, (parts[n] as Part).charge) },
    currency,
    nanos: row.nanos,
    reason: 'refund' as const,
    period,
  }))
  const charges = parts.map(({ charge, nanos: part }) => ({ id: numbered('charge', charge.id), nanos: part }))
  const ids = refunds.map(({ id }) => id)
  return {
    answer: { currency, amount: nanosText(nanos), ...answerOf(of, reason, ids, charges) },
    write: async () => {
      await sql.insertRefunds(writer, refunds)
      const back = parts.filter(({ charge }) => payerOf(prior, charge) === 'wallet')
      const owners = [record.project, ...(record.person === null ? [] : [record.person])]
      const givenBack = [...Map.groupBy(back, ({ charge }) => (charge.transfer as bigint) >> 20n)].flatMap(
        ([page, same]) => {
          const sum = same.reduce((total, part) => total + part.nanos, 0n)
          return owners.map((owner) => ({ owner, currency, nanos: sum, pages: [page] }))
        },
      )
      await postFromWallets(writer, zone, transfers, { givenBack: await withPools(writer, givenBack) })
    },
  }
}

/** What was corrected has given all of itself back already; what was never charged has nothing to give. */
async function nothingPaid(reader: Reader, record: RecordRow, only: bigint | undefined, nanos: bigint) {
  const [stands] = await recordsNamed(reader, record.source, record.external_id)
  const what = only === undefined ? numbered('record', record.id) : numbered('charge', only)
  const detail =
    stands && stands.id !== record.id
      ? `${what} was corrected, and all of it was given back: ${numbered('record', stands.id)} stands in its place.`
      : `Nothing is paid for ${what}: it was not charged, or taken back.`
  return new Problem('refund-exceeds-paid', { detail, asked: nanosText(nanos), left: '0' })
}

type Part = { readonly charge: Charge; readonly before: bigint; readonly nanos: bigint }

/** Rolls back what was only tried. */
class OnlyTried extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super()
    this.answer = answer
  }
}

async function partsOf(writer: Writer, prior: Prior, nanos: bigint, currency: string) {
  const { live } = prior
  const kept = await keptInMonths(writer, live)
  const found = await sql.refundedOf(
    writer,
    'charge',
    live.map(({ id }) => id),
  )
  const refunded = new Map(found.map((row) => [BigInt(row.id), nanosFrom(row.refunded)]))
  const parts: Part[] = []
  let open = nanos
  for (const charge of live) {
    const before = refunded.get(charge.id) ?? 0n
    const payer = payerOf(prior, charge)
    const left = least(charge.nanos - before, kept.of(charge, payer) ?? charge.nanos)
    const part = least(left, open)
    if (part <= 0n) continue
    parts.push({ charge, before, nanos: part })
    kept.take(charge, payer, part)
    open -= part
  }
  if (open > 0n) throw refundTooMuch(currency, nanos, nanos - open)
  return parts
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
