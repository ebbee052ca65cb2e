import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { callOf } from '../../http/call.ts'
import { mayTouch, type Principal, principalOf } from '../../http/principal.ts'
import { type JobScope, jobDoor } from '../door/door-routes.ts'
import { Fault } from '../door/fault.ts'
import { parameters } from '../lax/model.ts'
import { int } from '../lax/number.ts'
import { uuid } from '../lax/text.ts'
import { holdsAt, newestFirst } from './book.ts'
import { addDiscount, discountById, discountsOf, endDiscount } from './change-commands.ts'
import { Discount, DiscountForm, discountShown } from './discount.ts'
import { EndForm } from './end.ts'
import { faultOfPricing } from './may-change-routes.ts'
import type { PriceParts } from './parts.ts'
import { asTold } from './told.ts'

export function addDiscountDoors(scope: JobScope, parts: PriceParts): void {
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/discount',
      operation: 'jobs.price',
      id: 'addJobDiscount',
      summary: 'Give a virtual lab a discount on all its jobs',
      description: 'It is taken off the total of a job. Of several that hold, the one that began last counts.',
      body: DiscountForm,
      answer: Discount,
      status: 201,
      message: 'Discount created',
      faults: [404],
    },
    async ({ body }, request) => {
      const fault = await faultOfPricing(parts, principalOf(request), body.vlab_id)
      return await addDiscount(parts, { ...callOf(request, 'jobs.discount', asTold(body), 201), fault }, body)
    },
  )
  addLooks(scope, parts)
  addEnds(scope, parts)
}

const ofVlab = parameters({ vlab_id: uuid() })
const byId = parameters({ discount_id: int({ ge: 0 }) })

function addLooks(scope: JobScope, { house }: PriceParts): void {
  /** Of other virtual labs there are none. */
  const found = async (principal: Principal, vlab: string) =>
    mayTouch(principal, [vlab]) ? (await discountsOf(house, vlab)).sort(newestFirst) : []

  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/discount/virtual-lab/:vlab_id',
      operation: 'jobs.read',
      id: 'listJobDiscounts',
      summary: 'All discounts of a virtual lab, the newest first',
      params: ofVlab,
      answer: Type.Array(Discount),
      status: 200,
      message: 'Virtual lab discounts fetched',
    },
    async ({ params }, request) => (await found(principalOf(request), params.vlab_id)).map(discountShown),
  )
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/discount/virtual-lab/:vlab_id/current',
      operation: 'jobs.read',
      id: 'readJobDiscount',
      summary: 'The discount of a virtual lab that counts now',
      params: ofVlab,
      answer: Discount,
      status: 200,
      message: 'Current virtual lab discount fetched',
      faults: [404],
    },
    async ({ params }, request) => {
      const now = Date.now()
      const current = (await found(principalOf(request), params.vlab_id)).find((discount) => holdsAt(discount, now))
      if (!current) throw Fault.notFound('No current discount found for the virtual lab')
      return discountShown(current)
    },
  )
}

function addEnds(scope: JobScope, parts: PriceParts): void {
  /** @throws Fault for whom it is not there */
  const requireOwn = async (request: FastifyRequest, id: bigint): Promise<void> => {
    const principal = principalOf(request)
    if (principal.parties === 'all') return
    const found = await discountById(parts.house, id)
    if (!found || !mayTouch(principal, [found.vlab])) throw Fault.notFound('Discount not found')
  }
  jobDoor(
    scope,
    {
      method: 'PATCH',
      path: '/discount/:discount_id',
      operation: 'jobs.price',
      id: 'endJobDiscount',
      summary: 'Say when a discount ends',
      description: 'Not in the past, because jobs were priced until now; what has ended stays ended.',
      params: byId,
      body: EndForm,
      answer: Discount,
      status: 200,
      message: 'Discount updated',
      faults: [400, 404],
    },
    async ({ params: { discount_id: id }, body }, request) => {
      await requireOwn(request, BigInt(id))
      return await endDiscount(
        parts,
        callOf(request, 'jobs.discount.end', asTold({ id, ...body })),
        BigInt(id),
        body.valid_to,
      )
    },
  )
  jobDoor(
    scope,
    {
      method: 'DELETE',
      path: '/discount/:discount_id',
      operation: 'jobs.price',
      id: 'endJobDiscountNow',
      summary: 'End a discount now, or before it begins',
      params: byId,
      answer: Discount,
      status: 200,
      message: 'Discount ended',
      faults: [404],
    },
    async ({ params: { discount_id: id } }, request) => {
      await requireOwn(request, BigInt(id))
      return await endDiscount(parts, callOf(request, 'jobs.discount.end', { id }), BigInt(id), 'now')
    },
  )
}
