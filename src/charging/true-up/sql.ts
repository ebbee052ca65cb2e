import { arrayOf, copyText } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../../database/writer.ts'
import { decimalText } from '../../values/decimal.ts'
import { nanosFixed } from '../../values/money.ts'

export const trueUpsTable: SealedTable = {
  name: 'charging.true_ups',
  columns: 'id operation period project provider component price currency quantity total amount transfer'.split(' '),
}

export const insertDueTrueUps = async (writer: Writer, places: readonly string[]) => {
  if (places.length === 0) return
  const text = `insert into charging.due_true_ups (operation, places, at) values ($1, $2, $3)`
  await execute(writer, text, [writer.operation, places, writer.at])
}

/** Whose periods are to be looked at, of operations up to a moment. */
export const dueTrueUps = (reader: Reader, before: Date | null) =>
  rows<{ operation: string; places: string[] }>(
    reader,
    `select operation, places from charging.due_true_ups where $1::timestamptz is null or at < $1 order by operation`,
    [before],
  )

export const deleteDueTrueUps = (writer: Writer, operations: readonly bigint[]) =>
  execute(writer, `delete from charging.due_true_ups where operation = any ($1::bigint[])`, [operations])

/** One operation at a time looks at whole periods, until its transaction ends; the number is the lock's name. */
export const lockTrueUps = (writer: Writer) => execute(writer, `select pg_advisory_xact_lock(7246191036)`)

export type SumRow = {
  project: string
  provider: string
  period: string
  price: string
  currency: string
  quantity: string
  amount: string
  /** What went back of it by refunds. */
  refunded: string
}

/** What each price came to in some places (`project provider period`), true-ups written before included. */
export const sumsOfPlaces = (reader: Reader, places: readonly string[]) =>
  rows<SumRow>(
    reader,
    `with place as (
       select split_part(place, ' ', 1)::uuid as project, split_part(place, ' ', 2)::uuid as provider,
              split_part(place, ' ', 3)::date as period
         from unnest($1::text[]) as place)
     select project, provider, period, price, currency, sum(quantity) as quantity, sum(amount) as amount,
            sum(refunded) as refunded
       from (select c.project, c.provider, c.period, c.price, c.currency, c.quantity, c.amount, 0 as refunded
               from charging.charges c join place using (project, provider, period)
              where c.kind <> 'memo'
             union all
             select c.project, c.provider, c.period, c.price, c.currency, 0, 0, r.amount
               from charging.charges c join place using (project, provider, period) join charging.refunds r on r.charge = c.id
             union all
             select t.project, t.provider, t.period, t.price, t.currency, 0, t.amount, 0
               from charging.true_ups t join place using (project, provider, period)) as line
      group by project, provider, period, price, currency
      order by project, provider, period, price, currency`,
    [places],
  )

/** The same by the transfer that moved it, of single records or of true-ups; refunds by the transfer of their charge. */
export const sumsOfTransfers = (reader: Reader, places: readonly string[]) =>
  rows<Omit<SumRow, 'quantity'> & { transfer: string; trued: boolean }>(
    reader,
    `with place as (
       select split_part(place, ' ', 1)::uuid as project, split_part(place, ' ', 2)::uuid as provider,
              split_part(place, ' ', 3)::date as period
         from unnest($1::text[]) as place)
     select project, provider, period, price, currency, transfer, trued, sum(amount) as amount, sum(refunded) as refunded
       from (select c.project, c.provider, c.period, c.price, c.currency, c.transfer, c.amount, 0 as refunded, false as trued
               from charging.charges c join place using (project, provider, period)
              where c.transfer is not null
             union all
             select c.project, c.provider, c.period, c.price, c.currency, c.transfer, 0, r.amount, false
               from charging.charges c join place using (project, provider, period) join charging.refunds r on r.charge = c.id
             union all
             select t.project, t.provider, t.period, t.price, t.currency, t.transfer, t.amount, 0, true
               from charging.true_ups t join place using (project, provider, period)) as line
      group by project, provider, period, price, currency, transfer, trued`,
    [places],
  )

type Month = { readonly project: string; readonly currency: string; readonly period: string }
export type PageRow = { project: string; currency: string; page: string; paid: string; live: string }
export type MovedRow = { project: string; currency: string; operation: string; amount: string; transfer: string }

const named = (months: readonly Month[]) => [
  months.map(({ project }) => project),
  months.map(({ currency }) => currency),
  months.map(({ period }) => period),
]
const ofMonths = `unnest($1::uuid[], $2::text[], $3::date[]) as month (project, currency, period)`

/**
 * What the pages of some months charged, where a price looked at the month, and what did not go back of it since: of most records
 * nothing did.
 */
export const pagesOfMonths = (reader: Reader, months: readonly Month[], periodBased: readonly bigint[]) =>
  rows<PageRow>(
    reader,
    `with charged as not materialized (
       select c.* from charging.charges c join ${ofMonths} using (project, currency, period)
        where c.kind <> 'memo' and c.transfer is not null)
     select project, currency, page, sum(paid) as paid, sum(paid) - sum(back) as live
       from (select project, currency, transfer >> 20 as page, sum(amount) as paid, 0 as back, bool_or(price = any ($4::bigint[])) as looks
               from charged where kind = 'charge' group by project, currency, page
             union all
             select c.project, c.currency, c.transfer >> 20, 0, -b.amount, false
               from charged b
               join charging.charges c using (period, record, component, part, revision)
              where b.kind = 'reversal' and c.kind = 'charge' and c.period = any ($3)
             union all
             select c.project, c.currency, c.transfer >> 20, 0, r.amount, false
               from charged c join charging.refunds r on r.charge = c.id) as line
      group by project, currency, page
     having bool_or(looks)`,
    [...named(months), arrayOf(periodBased)],
  )

/** What true-ups of some months came to. */
export const trueUpsOfMonths = (reader: Reader, months: readonly Month[]) =>
  rows<MovedRow>(
    reader,
    `select project, currency, operation, amount, transfer
       from charging.true_ups join ${ofMonths} using (project, currency, period)`,
    named(months),
  )

/** Those of some projects that a true-up ever gave something back to. */
export const givenBackTo = (reader: Reader, projects: readonly string[]) =>
  rows<{ project: string }>(
    reader,
    `select distinct project from charging.true_ups where project = any ($1::uuid[]) and amount < 0`,
    [projects],
  )

export type TrueUpRow = {
  id: string
  operation: string
  period: string
  project: string
  provider: string
  component: string
  price: string
  currency: string
  /** Of the period, as it was known then, and what it comes to. */
  quantity: string
  total: string
  amount: string
  transfer: string
}

const columns = `id, operation, period, project, provider, component, price, currency, quantity, total, amount, transfer`

export const trueUpById = (reader: Reader, id: bigint) =>
  row<TrueUpRow>(reader, `select ${columns} from charging.true_ups where id = $1`, [id])

/** Of one project at one provider in some periods, in the order in which they were written. */
export const trueUpsAt = (reader: Reader, project: string, provider: string, periods: readonly string[]) =>
  rows<TrueUpRow>(
    reader,
    `select ${columns} from charging.true_ups
      where project = $1 and provider = $2 and period = any ($3::date[])
      order by id`,
    [project, provider, periods],
  )

type TrueUpLine = {
  readonly id: bigint
  readonly transfer: bigint
  readonly period: string
  readonly component: string
  readonly price: bigint
  readonly currency: string
  readonly quantity: bigint
  readonly nanos: bigint
  readonly total: { readonly project: string; readonly provider: string; readonly charged: bigint }
}

export const insertTrueUps = (writer: Writer, lines: readonly TrueUpLine[]) =>
  append(
    writer,
    trueUpsTable,
    lines.map(
      (l) =>
        `${l.id}\t${writer.operation}\t${l.period}\t${l.total.project}\t${l.total.provider}\t${copyText(l.component)}\t` +
        `${l.price}\t${l.currency}\t${decimalText(l.quantity, 9)}\t${nanosFixed(l.total.charged + l.nanos)}\t` +
        `${nanosFixed(l.nanos)}\t${l.transfer}`,
    ),
  )
