import type { RequestCall } from '../../http/call.ts'
import type { Reader } from '../../database/reader.ts'
import { type Answered, aloneStored, nothing } from '../../operations/alone.ts'
import type { House } from '../../operations/house.ts'
import { assert } from '../../values/assert.ts'
import { stored, type Told } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import type { Span, Subtype } from './book.ts'
import { type DiscountGiven, discountShown } from './discount.ts'
import { endOf, type NewEnd } from './end.ts'
import { amountText, inOrder, keptTiers, type PriceGiven, priceEchoed, priceShown } from './price.ts'
import type { JobPrices } from './prices-commands.ts'
import { spanOf } from './span.ts'
import * as sql from './sql.ts'

/** Whose prices change, and who has to know at once. */
export type Changing = { readonly house: House; readonly prices: JobPrices }

/** What operations on the prices of jobs answer for. */
export const jobPriceTables = [sql.pricesTable, sql.discountsTable, sql.endsTable] as const

export const allPrices = ({ database }: House) => sql.prices(database.pool)
export const priceById = ({ database }: House, id: bigint) => sql.priceById(database.pool, id)
export const discountById = ({ database }: House, id: bigint) => sql.discountById(database.pool, id)
export const discountsOf = ({ database }: House, vlab: string) => sql.discountsOf(database.pool, vlab)

type Write = Parameters<typeof aloneStored>[2]

async function change({ house, prices }: Changing, call: RequestCall, write: Write): Promise<Answered | undefined> {
  const answered = await aloneStored(house, call, write)
  prices.changed()
  return answered
}

/** What to refuse it with, unless it was done before under the same key. */
type Adding = RequestCall & { readonly fault?: Fault | undefined }

async function add(changing: Changing, { fault, ...call }: Adding, write: Write): Promise<Told> {
  const answered = await change(changing, call, async (writer) => {
    if (fault) throw fault
    return await write(writer)
  })
  assert(answered, 'something is always added')
  return stored(answered)
}

export const addPrice = (changing: Changing, call: Adding, given: PriceGiven, isFlat = false): Promise<Told> =>
  add(changing, call, async (writer) => {
    const book = await sql.raiseRevision(writer)
    const price = {
      id: writer.nextId(),
      type: given.service_type,
      subtype: given.service_subtype,
      vlab: given.vlab_id,
      ...spanOf(given),
      tiers: JSON.stringify(keptTiers(inOrder(given.tiers), () => writer.nextId())),
    }
    await sql.insertPrice(writer, price, book)
    return priceEchoed(price, isFlat)
  })

export const addDiscount = (changing: Changing, call: Adding, given: DiscountGiven): Promise<Told> =>
  add(changing, call, async (writer) => {
    const book = await sql.raiseRevision(writer)
    const { vlab_id: vlab, discount: share } = given
    const discount = { id: writer.nextId(), vlab, discount: amountText(share), ...spanOf(given) }
    await sql.insertDiscount(writer, discount, book)
    return discountShown(discount)
  })

/** A price or a discount: how it is found, and what clients read of it. */
type Ending<Thing extends Span> = {
  readonly find: (reader: Reader, id: bigint) => Promise<Thing | undefined>
  readonly shown: (thing: Thing) => unknown
}

export const endPrice = (changing: Changing, call: RequestCall, id: bigint, end: NewEnd): Promise<unknown> =>
  endThing(changing, call, { id, end, missing: 'Price not found' }, { find: sql.priceById, shown: priceShown })

export const endDiscount = (changing: Changing, call: RequestCall, id: bigint, end: NewEnd): Promise<unknown> =>
  endThing(changing, call, { id, end, missing: 'Discount not found' }, { find: sql.discountById, shown: discountShown })

async function endThing<Thing extends Span>(
  changing: Changing,
  call: RequestCall,
  { id, end, missing }: { readonly id: bigint; readonly end: NewEnd; readonly missing: string },
  { find, shown }: Ending<Thing>,
): Promise<unknown> {
  let unchanged: unknown
  const answered = await change(changing, call, async (writer) => {
    const book = await sql.raiseRevision(writer)
    const found = await find(writer, id)
    if (!found) throw Fault.notFound(missing)
    const ending = endOf(found, end, BigInt(writer.at.getTime()) * 1000n)
    if (!ending.ok) throw Fault.refused(ending.refusal.why)
    unchanged = shown(found)
    if (ending.value === found.to) return nothing
    await sql.insertEnd(writer, id, ending.value, book)
    return shown({ ...found, to: ending.value })
  })
  return answered ? stored(answered) : unchanged
}

/** Adds a subtype, or says of one whether it is legacy. */
export async function putSubtype(changing: Changing, call: RequestCall, subtype: Subtype): Promise<unknown> {
  const answered = await change(changing, call, async (writer) =>
    (await sql.putSubtype(writer, subtype, await sql.raiseRevision(writer))) ? subtype : nothing,
  )
  return answered ? stored(answered) : subtype
}
