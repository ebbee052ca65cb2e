import type { FastifyRequest } from 'fastify'
import { callOf } from '../../http/call.ts'
import { mayTouch, type Principal, principalOf, requireEverything } from '../../http/principal.ts'
import { type JobScope, jobDoor } from '../door/door-routes.ts'
import { Fault } from '../door/fault.ts'
import { offsetOf, Page, pageOf, pageQuery } from '../door/page.ts'
import { optional, parameters } from '../lax/model.ts'
import { int } from '../lax/number.ts'
import { flag, uuid, word } from '../lax/text.ts'
import { holdsAt, newestFirst, type StoredPrice } from './book.ts'
import { addPrice, allPrices, endPrice, priceById } from './change-commands.ts'
import { addDiscountDoors } from './discount-routes.ts'
import { EndForm } from './end.ts'
import { addEstimateDoors } from './estimate-routes.ts'
import { faultOfPricing } from './may-change-routes.ts'
import type { PriceParts } from './parts.ts'
import { isFlat, Price, priceForm, priceShown, serviceTypes } from './price.ts'
import { subtypeWord } from './subtype.ts'
import { asTold } from './told.ts'
import { addSubtypeDoors } from './subtype-routes.ts'

/** Prices of jobs, discounts of virtual labs, estimates, subtypes. */
export function addPriceDoors(scope: JobScope, parts: PriceParts): void {
  addLooks(scope, parts)
  addNewPrice(scope, parts)
  addEnds(scope, parts)
  addDiscountDoors(scope, parts)
  addEstimateDoors(scope, parts)
  addSubtypeDoors(scope, parts)
}

const byId = parameters({ price_id: int({ ge: 0 }) })
const absent = () => Fault.notFound('Price not found')
/** Of other virtual labs, a price is not there. */
const mayRead = (principal: Principal, { vlab }: StoredPrice): boolean => vlab === null || mayTouch(principal, [vlab])

function addNewPrice(scope: JobScope, parts: PriceParts): void {
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/price',
      operation: 'jobs.price',
      id: 'addJobPrice',
      summary: 'Add a price of jobs',
      description:
        'By `tiers`, or with one `fixed_cost` and `multiplier` for any quantity. Prices may overlap: one of the virtual ' +
        'lab comes before those for all, and then the one that began last. What was reserved keeps its price.',
      body: priceForm(() => parts.prices.subtypes),
      answer: Price,
      status: 201,
      message: 'Price added',
      faults: [404],
    },
    async ({ body }, request) => {
      const fault = await faultOfPricing(parts, principalOf(request), body.vlab_id)
      const call = { ...callOf(request, 'jobs.price', asTold(body), 201), fault }
      return await addPrice(parts, call, body, isFlat(request.body))
    },
  )
}

function addLooks(scope: JobScope, { house, prices }: PriceParts): void {
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/price',
      operation: 'jobs.read',
      id: 'listJobPrices',
      summary: 'Prices of jobs, the newest first',
      query: parameters({
        type: optional(word(serviceTypes, { anyCase: true }), undefined),
        subtype: optional(
          subtypeWord(() => prices.subtypes),
          undefined,
        ),
        vlab_id: optional(uuid(), undefined),
        current: optional(flag(), undefined),
        ...pageQuery,
      }),
      answer: Page(Price),
      status: 200,
      message: 'Prices fetched',
    },
    async ({ query }, request) => {
      const [now, principal] = [Date.now(), principalOf(request)]
      const isAsked = (price: StoredPrice): boolean =>
        (query.type === undefined || price.type === query.type) &&
        (query.subtype === undefined || price.subtype === query.subtype) &&
        (query.vlab_id === undefined || price.vlab === query.vlab_id) &&
        (query.current === undefined || holdsAt(price, now) === query.current)
      const found = (await allPrices(house)).filter((price) => isAsked(price) && mayRead(principal, price))
      const from = Number(offsetOf(query))
      const items = found.sort(newestFirst).slice(from, from + query.page_size)
      return pageOf(request, query, items.map(priceShown), found.length)
    },
  )
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/price/:price_id',
      operation: 'jobs.read',
      id: 'readJobPrice',
      summary: 'A price of jobs',
      params: byId,
      answer: Price,
      status: 200,
      message: 'Price fetched',
      faults: [404],
    },
    async ({ params }, request) => {
      const found = await priceById(house, BigInt(params.price_id))
      if (!found || !mayRead(principalOf(request), found)) throw absent()
      return priceShown(found)
    },
  )
}

function addEnds(scope: JobScope, parts: PriceParts): void {
  /** @throws Fault for whom it is not there, Problem `forbidden` for whom it is not his to change */
  const requireOwn = async (request: FastifyRequest, id: bigint): Promise<void> => {
    const principal = principalOf(request)
    if (principal.parties === 'all') return
    const found = await priceById(parts.house, id)
    if (!found || !mayRead(principal, found)) throw absent()
    if (found.vlab === null) requireEverything(principal)
  }
  jobDoor(
    scope,
    {
      method: 'PATCH',
      path: '/price/:price_id',
      operation: 'jobs.price',
      id: 'endJobPrice',
      summary: 'Say when a price of jobs ends',
      description: 'Not in the past, because jobs were priced until now; what has ended stays ended.',
      params: byId,
      body: EndForm,
      answer: Price,
      status: 200,
      message: 'Price updated',
      faults: [400, 404],
    },
    async ({ params: { price_id: id }, body }, request) => {
      await requireOwn(request, BigInt(id))
      return await endPrice(
        parts,
        callOf(request, 'jobs.price.end', asTold({ id, ...body })),
        BigInt(id),
        body.valid_to,
      )
    },
  )
  jobDoor(
    scope,
    {
      method: 'DELETE',
      path: '/price/:price_id',
      operation: 'jobs.price',
      id: 'endJobPriceNow',
      summary: 'End a price of jobs now, or before it begins',
      params: byId,
      answer: Price,
      status: 200,
      message: 'Price ended',
      faults: [404],
    },
    async ({ params: { price_id: id } }, request) => {
      await requireOwn(request, BigInt(id))
      return await endPrice(parts, callOf(request, 'jobs.price.end', { id }), BigInt(id), 'now')
    },
  )
}
