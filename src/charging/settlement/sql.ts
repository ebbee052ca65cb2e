import { copyText, timestampText } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import type { SealedTable } from '../../database/writer.ts'
import { nanosFixed } from '../../values/money.ts'
import { linesText, type Settlement } from './settlement.ts'

export const settlementsTable: SealedTable = {
  name: 'charging.settlements',
  columns: (
    'id operation reservation period at payer project person provider service subtype currency amount absorbed ' +
    'quantities lines book transfer absorbed_transfer'
  ).split(' '),
}

const orNull = (value: bigint | string | number | null | undefined): string => (value == null ? '\\N' : String(value))

export const settlementLine = (s: Settlement, operation: bigint): string => {
  const { reservation: r, priced } = s
  return (
    `${s.id}\t${operation}\t${r.id}\t${s.period}\t${timestampText(s.at)}\t${r.payer}\t${r.project ?? r.payer}\t` +
    `${orNull(r.person)}\t${r.provider}\t${copyText(r.service)}\t${copyText(r.subtype)}\t${r.currency}\t` +
    `${nanosFixed(s.nanos)}\t${nanosFixed(s.absorbed)}\t` +
    `${priced ? copyText(JSON.stringify(priced.quantities)) : '\\N'}\t${priced ? copyText(linesText(priced.lines)) : '\\N'}\t` +
    `${orNull(priced?.book)}\t${orNull(s.transfer)}\t${orNull(s.absorbedTransfer)}`
  )
}

export type SettlementRow = {
  id: string
  operation: string
  reservation: string
  period: string
  at: Date
  payer: string
  payer_kind: 'organisation' | 'project' | 'person'
  project: string
  person: string | null
  provider: string
  service: string
  subtype: string
  currency: string
  amount: string
  absorbed: string
  quantities: string | null
  lines: string | null
  book: number | null
  transfer: string | null
  absorbed_transfer: string | null
}

const settlement = `select s.id, s.operation, s.reservation, s.period, s.at, s.payer,
        case when s.payer = s.person then 'person'
             when exists (select from parties.known_projects p where p.id = s.payer) then 'project'
             else 'organisation' end as payer_kind,
        s.project, s.person, s.provider, s.service, s.subtype, s.currency, s.amount, s.absorbed, s.quantities, s.lines,
        s.book, s.transfer, s.absorbed_transfer
   from charging.settlements s`

export type WantedSettlements = {
  readonly scope: readonly string[] | null
  readonly project: string | null
  readonly period: string | null
  readonly reservation: string | null
  readonly after: string | null
  readonly limit: number
}

/** Newest first, and one more than the limit. */
export const settlementsPage = (reader: Reader, wanted: WantedSettlements) =>
  rows<SettlementRow>(
    reader,
    `${settlement}
      where ($1::uuid[] is null or s.payer = any ($1) or s.project = any ($1) or s.person = any ($1)
             or s.provider = any ($1))
        and ($2::uuid is null or s.project = $2)
        and ($3::date is null or s.period = $3)
        and ($4::bigint is null or s.reservation = $4)
        and ($5::bigint is null or s.id < $5)
      order by s.id desc
      limit $6`,
    [wanted.scope, wanted.project, wanted.period, wanted.reservation, wanted.after, wanted.limit + 1],
  )

export const settlementById = (reader: Reader, id: bigint) =>
  row<SettlementRow>(reader, `${settlement} where s.id = $1`, [id])

export type SettledRow = {
  period: string
  service: string
  currency: string
  settlements: string
  amount: string
  absorbed: string
}

/** What the reservations of a project, or of a payer, came to in [from, to), by month and service. */
export const settledLines = (reader: Reader, project: string, from: Date | null, to: Date | null) =>
  rows<SettledRow>(
    reader,
    `select period, service, currency, count(*) as settlements, sum(amount - absorbed) as amount, sum(absorbed) as absorbed
       from charging.settlements
      where project = $1
        and ($2::timestamptz is null or at >= $2)
        and ($3::timestamptz is null or at < $3)
      group by period, service, currency
      order by period, service, currency`,
    [project, from, to],
  )

/** Of some reservations, in the order in which they were made. */
export const settlementsOf = (reader: Reader, reservations: readonly bigint[]) =>
  rows<SettlementRow>(reader, `${settlement} where s.reservation = any ($1::bigint[]) order by s.id`, [reservations])

/** The newest first, so many at the most. */
export const settlementsAmong = (reader: Reader, reservations: readonly bigint[], limit: number) =>
  rows<SettlementRow>(reader, `${settlement} where s.reservation = any ($1::bigint[]) order by s.id desc limit $2`, [
    reservations,
    limit,
  ])
