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

type Charging = {
  readonly project: string
  readonly provider: string
  readonly period: string
  readonly prices: bigint[]
}

/** The operations that charged something by the prices of some totals, true-ups too: by the total's place, the newest first. */
export const pagesOfTotals = (reader: Reader, totals: readonly Charging[]) => {
  const wanted = totals.flatMap((total, n) => total.prices.map((price) => ({ ...total, n, price })))
  return rows<{ n: number; page: string }>(
    reader,
    `with wanted as (
       select * from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::date[], $5::bigint[])
         as wanted (n, project, provider, period, price))
     select distinct n, transfer >> 20 as page
       from (select w.n, c.transfer from charging.charges c join wanted w using (project, provider, period, price)
              where c.kind = 'charge' and c.transfer is not null
             union all
             select w.n, t.transfer from charging.true_ups t join wanted w using (project, provider, period, price)
              where t.amount > 0) as line
      order by n, page desc`,
    [
      wanted.map(({ n }) => n),
      wanted.map(({ project }) => project),
      wanted.map(({ provider }) => provider),
      wanted.map(({ period }) => period),
      arrayOf(wanted.map(({ price }) => price)),
    ],
  )
}

/** Where true-ups gave something back, by the month's place. */
export const trueUpsGivingBack = (reader: Reader, months: readonly Charging[]) => {
  const wanted = months.flatMap((month, n) => month.prices.map((price) => ({ ...month, n, price })))
  return rows<{ n: number }>(
    reader,
    `select distinct w.n
       from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::date[], $5::bigint[])
              as w (n, project, provider, period, price)
       join charging.true_ups t using (project, provider, period, price)
      where t.amount < 0`,
    [
      wanted.map(({ n }) => n),
      wanted.map(({ project }) => project),
      wanted.map(({ provider }) => provider),
      wanted.map(({ period }) => period),
      arrayOf(wanted.map(({ price }) => price)),
    ],
  )
}

type Pages = {
  readonly n: number
  readonly owner: string
  readonly currency: string
  readonly pages: readonly bigint[]
}

/** What other operations gave back of what projects were charged on pages, by corrections and refunds. */
export const cameBackOf = (writer: Writer, of: readonly Pages[]) => {
  const wanted = of.flatMap(({ pages, ...each }) => pages.map((page) => ({ ...each, page })))
  return rows<{ n: number; amount: string }>(
    writer,
    `with c as (
       select w.n, c.id, c.record, c.component, c.part, c.revision, c.period
         from unnest($1::integer[], $2::uuid[], $3::text[], $4::bigint[]) as w (n, project, currency, page)
         join charging.charges c on c.id >= w.page << 20 and c.id < (w.page + 1) << 20
                                and c.project = w.project and c.currency = w.currency and c.kind = 'charge')
     select n, sum(amount) as amount
       from (select c.n, -b.amount as amount
               from c join charging.charges b using (record, component, part, revision, period)
              where b.kind = 'reversal' and b.operation <> $5
             union all
             select c.n, r.amount from c join charging.refunds r on r.charge = c.id where r.operation <> $5) as line
      group by n`,
    [
      wanted.map(({ n }) => n),
      wanted.map(({ owner }) => owner),
      wanted.map(({ currency }) => currency),
      arrayOf(wanted.map(({ page }) => page)),
      String(writer.operation),
    ],
  )
}

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
