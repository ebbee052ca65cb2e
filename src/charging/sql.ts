import type { LateIndex } from '../database/late-index.ts'
import { copyText } from '../database/copy-text.ts'
import { type Reader, row, rows } from '../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../database/writer.ts'
import { decimalText, parseDecimal, wholeText } from '../values/decimal.ts'
import { nanosFixed, nanosFrom } from '../values/money.ts'
import type { Charge, State } from './charge.ts'
import type { MonthRange } from './range.ts'

export const chargesTable: SealedTable = {
  name: 'charging.charges',
  columns:
    'id period operation record project provider component part revision kind price book quantity amount currency transfer'.split(
      ' ',
    ),
}

export const statesTable: SealedTable = {
  name: 'charging.states',
  columns: ['id', 'operation', 'record', 'period', 'state', 'reason', 'book'],
}

export const insertCharges = (writer: Writer, charges: Iterable<Charge>) => {
  const operation = String(writer.operation)
  return append(
    writer,
    chargesTable,
    charges,
    (c) =>
      `${wholeText(c.id)}\t${c.period}\t${operation}\t${wholeText(c.record)}\t${c.project}\t${c.provider}\t` +
      `${copyText(c.component)}\t${c.part}\t${c.revision}\t${c.kind}\t${wholeText(c.price)}\t${c.book}\t` +
      `${decimalText(c.quantity, 9)}\t${nanosFixed(c.nanos)}\t${c.currency}\t` +
      (c.transfer === null ? '\\N' : wholeText(c.transfer)),
  )
}

export const insertStates = (writer: Writer, states: readonly State[]) =>
  append(
    writer,
    statesTable,
    states.map(
      (s) => `${s.id}\t${writer.operation}\t${s.record}\t${s.period}\t${s.state}\t${copyText(s.reason)}\t${s.book}`,
    ),
  )

export type ChargeRow = {
  id: string
  period: string
  operation: string
  record: string
  project: string
  provider: string
  component: string
  part: number
  revision: number
  kind: Charge['kind']
  price: string
  book: number
  quantity: string
  amount: string
  currency: string
  transfer: string | null
}

export const chargeOf = (r: ChargeRow): Charge => ({
  id: BigInt(r.id),
  record: BigInt(r.record),
  project: r.project,
  provider: r.provider,
  component: r.component,
  part: r.part,
  revision: r.revision,
  kind: r.kind,
  period: r.period,
  price: BigInt(r.price),
  book: r.book,
  quantity: parseDecimal(r.quantity, 9) as bigint,
  nanos: nanosFrom(r.amount),
  currency: r.currency,
  transfer: r.transfer === null ? null : BigInt(r.transfer),
})

const chargeColumns = `id, period, operation, record, project, provider, component, part, revision, kind, price,
       book, quantity, amount, currency, transfer`

/** Every charge, reversal and memo of some records, in the order they were written. */
export const chargesOfRecords = (reader: Reader, records: readonly bigint[]) =>
  rows<ChargeRow>(
    reader,
    `select ${chargeColumns} from charging.charges where record = any ($1::bigint[]) order by id`,
    [records],
  )

export const chargeById = (reader: Reader, id: bigint) =>
  row<ChargeRow>(reader, `select ${chargeColumns} from charging.charges where id = $1`, [id])

export type StateRow = {
  id: string
  record: string
  operation: string
  state: State['state']
  reason: string
  book: number
}

export const statesOfRecords = (reader: Reader, records: readonly bigint[]) =>
  rows<StateRow>(
    reader,
    `select distinct on (record) id, record, operation, state, reason, book
       from charging.states
      where record = any ($1::bigint[])
      order by record, id desc`,
    [records],
  )

/** Records that still wait for a price, after a given one. */
export const unpricedRecords = (reader: Reader, after: bigint, limit: number) =>
  rows<{ record: string }>(
    reader,
    `select s.record
       from charging.states s
       join metering.standing r on r.id = s.record
      where s.state = 'unpriced' and s.record > $1
        and not exists (select from charging.states later where later.record = s.record and later.id > s.id)
      order by s.record
      limit $2`,
    [after, limit],
  )

/** Standing, final records that ended in [from, to), after a given one, for rating anew. */
export const recordsToRerate = (
  reader: Reader,
  choice: { project: string | null; from: Date | null; to: Date | null },
  after: bigint,
  limit: number,
) =>
  rows<{ record: string }>(
    reader,
    `select id as record
       from metering.standing
      where final and id > $1
        and ($2::uuid is null or project = $2)
        and ($3::timestamptz is null or ends_at >= $3)
        and ($4::timestamptz is null or ends_at < $4)
      order by id
      limit $5`,
    [after, choice.project, choice.from, choice.to, limit],
  )

export const makePartition = async (writer: Writer, period: string, next: string) => {
  const table = `charging.charges_${period.slice(0, 7).replace('-', '_')}`
  await execute(writer, `create table if not exists ${table} (like charging.charges including all)`)
  await execute(
    writer,
    `alter table charging.charges attach partition ${table} for values from ('${period}') to ('${next}')`,
  )
}

/** A project's charges, out of millions. */
export const lateIndexes: readonly LateIndex[] = [{ table: 'charging.charges', columns: ['project'] }]

export type StatementRow = {
  period: string
  service: string
  component: string
  currency: string
  records: string
  quantity: string
  amount: string
}

/**
 * What a project was charged in a range, by period, service and component: of a month that an edge cuts, for usage that
 * ended on its inner side; a month that only begins at the end has no moment there, and is not in it. A record counts where something is left of its
 * charges, be it at a price of zero; where all was taken back it does not.
 */
export const statementLines = (reader: Reader, project: string, { first, last }: MonthRange) =>
  rows<StatementRow>(
    reader,
    `select period, service, component, currency, count(*) filter (where quantity <> 0 or amount <> 0) as records,
            trim_scale(sum(quantity)) as quantity, sum(amount) as amount
       from (select c.period, r.service, c.component, c.currency, sum(c.quantity) as quantity, sum(c.amount) as amount
               from charging.charges c
               join metering.versions r on r.id = c.record
              where c.project = $1 and c.kind <> 'memo'
                and ($2::date is null or c.period > $2
                     or c.period = $2 and ($3::timestamptz is null or r.ends_at >= $3))
                and ($4::date is null or c.period < $4 or c.period = $4 and r.ends_at < $5::timestamptz)
              group by c.record, c.period, r.service, c.component, c.currency) as net
      group by period, service, component, currency
     having sum(quantity) <> 0 or sum(amount) <> 0
      order by period, service, component, currency`,
    [project, first?.period ?? null, first?.cutAt ?? null, last?.period ?? null, last?.cutAt ?? null],
  )

/** What whole periods added to or took from a project's charges, by the version of the price that says so. */
export const trueUpLines = (reader: Reader, project: string) =>
  rows<Omit<StatementRow, 'service'> & { price: string; ids: string[] }>(
    reader,
    `select period, price, component, currency, count(*) as records, 0 as quantity, sum(amount) as amount,
            array_agg(id::text order by id) as ids
       from charging.true_ups
      where project = $1
      group by period, price, component, currency
      order by period, component, currency, price`,
    [project],
  )

export type StateCountRow = { state: State['state']; reason: string; records: string }

/** How many standing records of a project have no charges, and why. */
export const stateCounts = (reader: Reader, project: string, from: Date | null, to: Date | null) =>
  rows<StateCountRow>(
    reader,
    `select s.state, s.reason, count(*) as records
       from charging.states s
       join metering.standing r on r.id = s.record
      where r.project = $1 and s.state <> 'charged'
        and not exists (select from charging.states later where later.record = s.record and later.id > s.id)
        and ($2::timestamptz is null or r.ends_at >= $2)
        and ($3::timestamptz is null or r.ends_at < $3)
      group by s.state, s.reason
      order by count(*) desc, s.state, s.reason`,
    [project, from, to],
  )
