import { arrayOf, copyText, timestampText } from '../../database/copy-text.ts'
import { type Reader, rows } from '../../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../../database/writer.ts'
import { nanosFixed } from '../../values/money.ts'

/** What goes back of one charge. */
export type Refund = {
  readonly id: bigint
  readonly settlement: bigint | null
  readonly charge: bigint | null
  readonly payer: string
  readonly provider: string
  readonly period: string
  readonly at: number
  readonly currency: string
  readonly paid: bigint
  readonly before: bigint
  readonly nanos: bigint
  readonly reason: string
  readonly transfer: bigint
}

export const refundsTable: SealedTable = {
  name: 'charging.refunds',
  columns: 'id operation settlement charge payer provider period at currency paid before amount reason transfer'.split(
    ' ',
  ),
}

const orNull = (id: bigint | null): string => (id === null ? '\\N' : String(id))

export const refundLine = (r: Refund, operation: bigint): string =>
  `${r.id}\t${operation}\t${orNull(r.settlement)}\t${orNull(r.charge)}\t${r.payer}\t${r.provider}\t${r.period}\t` +
  `${timestampText(r.at)}\t${r.currency}\t${nanosFixed(r.paid)}\t${nanosFixed(r.before)}\t${nanosFixed(r.nanos)}\t` +
  `${copyText(r.reason)}\t${r.transfer}`

export const insertRefunds = (writer: Writer, refunds: readonly Refund[]) =>
  append(writer, refundsTable, refunds, (refund) => refundLine(refund, writer.operation))

export type RefundedRow = { id: string; refunded: string }

/** What went back so far, of settlings and of charges. */
export const refundedOf = (reader: Reader, of: 'settlement' | 'charge', ids: readonly bigint[]) =>
  rows<RefundedRow>(
    reader,
    `select ${of} as id, sum(amount) as refunded from charging.refunds where ${of} = any ($1::bigint[]) group by ${of}`,
    [arrayOf(ids)],
  )

/** What went back to somebody since a moment, by operation. */
export const refundsSince = (reader: Reader, payer: string, currency: string, since: Date) =>
  rows<{ operation: string; amount: string }>(
    reader,
    `select operation, sum(amount) as amount
       from charging.refunds
      where payer = $1 and currency = $2 and at >= $3 and amount > 0
      group by operation`,
    [payer, currency, since],
  )

export type RefundItem = {
  id: string
  operation: string
  settlement: string | null
  charge: string | null
  payer: string
  payer_kind: 'organisation' | 'project' | 'person'
  at: Date
  currency: string
  amount: string
  reason: string
  transfer: string
}

/** Newest first, and one more than the limit. */
export const refundsPage = (
  reader: Reader,
  wanted: {
    readonly scope: readonly string[] | null
    readonly payer: string | null
    readonly currency: string | null
    readonly after: string | null
    readonly limit: number
  },
) =>
  rows<RefundItem>(
    reader,
    `select id, operation, settlement, charge, payer,
            case when exists (select from parties.known_projects p where p.id = payer) then 'project'
                 when exists (select from parties.known_people p where p.id = payer) then 'person'
                 else 'organisation' end as payer_kind,
            at, currency, amount, reason, transfer
       from charging.refunds
      where ($1::uuid[] is null or payer = any ($1))
        and ($2::uuid is null or payer = $2)
        and ($3::text is null or currency = $3)
        and ($4::bigint is null or id < $4)
      order by id desc
      limit $5`,
    [wanted.scope, wanted.payer, wanted.currency, wanted.after, wanted.limit + 1],
  )

export type RefundOfRow = { id: string; settlement: string; at: Date; amount: string; reason: string; transfer: string }

/** What went back of some settlings, in the order in which it did. */
export const refundsOf = (reader: Reader, settlements: readonly bigint[]) =>
  rows<RefundOfRow>(
    reader,
    `select id, settlement, at, amount, reason, transfer
       from charging.refunds where settlement = any ($1::bigint[]) order by id`,
    [arrayOf(settlements)],
  )

/** One refund of a record's charges at a time, until its transaction ends. */
export const lockRefunds = (writer: Writer, record: bigint) =>
  execute(writer, `select pg_advisory_xact_lock(724619103, hashint8($1))`, [String(record)])
