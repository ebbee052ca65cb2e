import { copyText } from '../../database/copy-text.ts'
import { type Reader, row, rows } from '../../database/reader.ts'
import { append, execute, type SealedTable, type Writer } from '../../database/writer.ts'
import type { StoredDiscount, StoredPrice, Subtype } from './book.ts'
import type { ServiceType } from './cost.ts'
import { microsColumn } from './moment.ts'

const table = (name: string, columns: string): SealedTable => ({ name, columns: columns.split(' ') })

export const pricesTable = table('jobs.prices', 'id operation book type subtype vlab valid_from valid_to tiers')
export const discountsTable = table('jobs.discounts', 'id operation book vlab discount valid_from valid_to')
export const endsTable = table('jobs.ends', 'id operation book ended valid_to')

export const revision = async (reader: Reader): Promise<bigint> => {
  const book = await row<{ revision: string }>(reader, `select revision from jobs.price_book`, [], 'jobs.revision')
  return BigInt(book?.revision ?? 0)
}

/** Takes the book alone and answers its new revision: changes come one after the other. */
export const raiseRevision = async (writer: Writer): Promise<bigint> => {
  const book = await row<{ revision: string }>(
    writer,
    `update jobs.price_book set revision = revision + 1 returning revision`,
  )
  return BigInt(book?.revision ?? 0)
}

type Dated = { id: string; from: string; to: string | null }
type PriceRow = Dated & { type: ServiceType; subtype: string; vlab: string | null; tiers: string }
type DiscountRow = Dated & { vlab: string; discount: string }

const micros = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`

/** Each with the end that was said last. */
const dated = (of: string): string => `
  ${micros('t.valid_from')} as "from",
  ${micros('case when e.id is null then t.valid_to else e.valid_to end')} as "to"
    from ${of} t
    left join lateral (select id, valid_to from jobs.ends where ended = t.id order by id desc limit 1) e on true`

const numbered = <Row extends Dated>({ id, from, to, ...more }: Row) => ({
  ...more,
  id: BigInt(id),
  from: BigInt(from),
  to: to === null ? null : BigInt(to),
})

export const prices = async (reader: Reader): Promise<StoredPrice[]> =>
  (await rows<PriceRow>(reader, `select t.id, t.type, t.subtype, t.vlab, t.tiers, ${dated('jobs.prices')}`)).map(
    numbered,
  )

export const discounts = async (reader: Reader): Promise<StoredDiscount[]> =>
  (await rows<DiscountRow>(reader, `select t.id, t.vlab, t.discount, ${dated('jobs.discounts')}`)).map(numbered)

export const priceById = async (reader: Reader, id: bigint): Promise<StoredPrice | undefined> => {
  const text = `select t.id, t.type, t.subtype, t.vlab, t.tiers, ${dated('jobs.prices')} where t.id = $1`
  const found = await row<PriceRow>(reader, text, [id])
  return found && numbered(found)
}

export const discountById = async (reader: Reader, id: bigint): Promise<StoredDiscount | undefined> => {
  const text = `select t.id, t.vlab, t.discount, ${dated('jobs.discounts')} where t.id = $1`
  const found = await row<DiscountRow>(reader, text, [id])
  return found && numbered(found)
}

export const discountsOf = async (reader: Reader, vlab: string): Promise<StoredDiscount[]> => {
  const text = `select t.id, t.vlab, t.discount, ${dated('jobs.discounts')} where t.vlab = $1`
  return (await rows<DiscountRow>(reader, text, [vlab])).map(numbered)
}

export const subtypes = (reader: Reader) =>
  rows<Subtype>(reader, `select name, legacy from jobs.subtypes order by position`)

/** Adds it at the end of the list, or changes what it says; whether anything changed. */
export const putSubtype = async (writer: Writer, { name, legacy }: Subtype, book: bigint): Promise<boolean> => {
  const changed = await execute(
    writer,
    `insert into jobs.subtypes (name, position, legacy, book)
     select $1, max(position) + 1, $2, $3 from jobs.subtypes
         on conflict (name) do update set legacy = excluded.legacy, book = excluded.book
      where subtypes.legacy <> excluded.legacy`,
    [name, legacy, book],
  )
  return changed > 0
}

const momentOrNull = (moment: bigint | null): string => (moment === null ? '\\N' : microsColumn(moment))

export const insertPrice = (writer: Writer, price: StoredPrice, book: bigint) =>
  append(writer, pricesTable, [
    [
      price.id,
      writer.operation,
      book,
      price.type,
      copyText(price.subtype),
      price.vlab ?? '\\N',
      microsColumn(price.from),
      momentOrNull(price.to),
      copyText(price.tiers),
    ].join('\t'),
  ])

export const insertDiscount = (writer: Writer, { id, vlab, discount, from, to }: StoredDiscount, book: bigint) =>
  append(writer, discountsTable, [
    [id, writer.operation, book, vlab, discount, microsColumn(from), momentOrNull(to)].join('\t'),
  ])

export const insertEnd = (writer: Writer, ended: bigint, to: bigint | null, book: bigint) =>
  append(writer, endsTable, [[writer.nextId(), writer.operation, book, ended, momentOrNull(to)].join('\t')])
