import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { askingOf } from '../../credits/money-commands.ts'
import { keyOf } from '../../http/call.ts'
import { mayTouch, principalOf } from '../../http/principal.ts'
import { Problem } from '../../http/problem.ts'
import { nanosText } from '../../values/money.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { model, nullable, optional, parameters, ruled } from '../lax/model.ts'
import { int } from '../lax/number.ts'
import { literal, text, uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { totalCost } from '../price/cost.ts'
import { priceOr404 } from '../price/estimate.ts'
import { legacyFault, subtypeWord } from '../price/subtype.ts'
import type { Reserved } from './job.ts'
import { reservedUnits } from './job.ts'
import { noSuchJob } from './reserve.ts'

const Made = Type.Object({ job_id: Type.String({ format: 'uuid' }), amount: Type.String() }, { title: 'JobReserved' })

/** `POST /reservation/…`: credits set aside before a job runs; `DELETE`: given back when it does not. */
export function addReservationDoors(scope: JobScope, parts: JobParts): void {
  const { prices } = parts
  const common = {
    subtype: subtypeWord(() => prices.subtypes),
    proj_id: uuid(),
    user_id: uuid(),
    group_id: optional(nullable(uuid()), null),
    name: optional(nullable(text()), null),
  }
  const known = ({ subtype }: { readonly subtype: string }) => legacyFault(() => prices.subtypes, subtype)
  jobDoor(
    scope,
    {
      ...reserving,
      path: '/reservation/oneshot',
      id: 'reserveOneshot',
      summary: 'Set aside what a oneshot job will cost, at the price of now',
      body: ruled(model('OneshotReservation', { type: literal('oneshot'), ...common, count: int({ ge: 0 }) }), known),
      message: 'Oneshot reservation executed',
    },
    ({ body }, request) => reserve(parts, request, body, { ...nothing, count: BigInt(body.count) }),
  )
  jobDoor(
    scope,
    {
      ...reserving,
      path: '/reservation/longrun',
      id: 'reserveLongrun',
      summary: 'Set aside what a longrun job will cost, at the price of now',
      body: ruled(
        model('LongrunReservation', {
          type: literal('longrun'),
          ...common,
          duration: int({ ge: 0 }),
          instances: int({ ge: 0 }),
          instance_type: optional(nullable(text()), null),
        }),
        known,
      ),
      message: 'Longrun reservation executed',
    },
    ({ body }, request) => {
      const { duration, instances, instance_type: instanceType } = body
      const reserved = { count: null, duration: BigInt(duration), instances: BigInt(instances), instanceType }
      return reserve(parts, request, body, reserved)
    },
  )
  addReleases(scope, parts)
}

const reserving = {
  method: 'POST',
  operation: 'jobs.reserve',
  status: 201,
  answer: Made,
  faults: [402, 404],
  description: 'The price of this moment is the price of the job, whatever changes later.',
} as const

const nothing: Reserved = { count: null, duration: null, instances: null, instanceType: null }

type Body = {
  readonly type: 'oneshot' | 'longrun'
  readonly subtype: string
  readonly proj_id: string
  readonly user_id: string
  readonly group_id: string | null
  readonly name: string | null
}

async function reserve(parts: JobParts, request: FastifyRequest, body: Body, reserved: Reserved) {
  const { desk } = parts
  let nanos = 0n
  try {
    const job = await quoted(parts, request, body, reserved)
    nanos = job.reservedNanos
    return stored(await desk.reserve(askingOf(request, false), job))
  } catch (error) {
    // Reserved under this key before, it is answered as it was then, whatever became of account and price.
    if (!(error instanceof Fault) || keyOf(request) === undefined) throw notEnough(error, nanos)
    return stored(await desk.notReserved(askingOf(request, false), { ...jobOf(body), reserved }, error))
  }
}

/** The job with what it would cost now. @throws Fault 404 */
async function quoted({ accounts, desk }: JobParts, request: FastifyRequest, body: Body, reserved: Reserved) {
  const found = accounts.project(body.proj_id)
  // At once where it is known: this is the busiest door.
  const project = found instanceof Promise ? await found : found
  if (!project?.parent || !mayTouch(principalOf(request), [project.id, project.parent]))
    throw Fault.notFound('Account not found')
  // No jobs begin in a virtual lab that is disabled.
  const lab = accounts.virtualLab(project.parent)
  if (!(lab instanceof Promise ? await lab : lab)) throw Fault.notFound('Account not found')
  const vlab = project.parent
  const book = desk.prices.known() ?? (await desk.prices.book())
  const now = Date.now()
  const price = priceOr404(book, { ...body, vlab }, now)
  const discount = book.discountOf(vlab, now)
  return {
    ...jobOf(body),
    id: randomUUID(),
    vlab,
    reservedNanos: totalCost(price, discount, reservedUnits(reserved)),
    reserved,
    price: price.id,
    discount: discount?.id ?? null,
  }
}

const jobOf = ({ type, subtype, proj_id: project, user_id: user, group_id: group, name }: Body) => ({
  type,
  subtype,
  project,
  user,
  group,
  name,
})

/** The words of the reference service for what it knows; a budget that is used up is the same to its clients. */
function notEnough(error: unknown, nanos: bigint): unknown {
  if (!(error instanceof Problem) || error instanceof Fault) return error
  if (error.type !== 'insufficient-credits' && error.type !== 'budget-exhausted') return error
  const details = { requested_amount: nanosText(nanos) }
  return new Fault(402, 'INSUFFICIENT_FUNDS', 'Reservation not allowed because of insufficient funds', details)
}

function addReleases(scope: JobScope, { desk }: JobParts): void {
  for (const [type, title] of [
    ['oneshot', 'Oneshot'],
    ['longrun', 'Longrun'],
  ] as const) {
    jobDoor(
      scope,
      {
        method: 'DELETE',
        path: `/reservation/${type}/:job_id`,
        operation: 'jobs.reserve',
        id: `release${title}`,
        summary: `Give back what is set aside for a ${type} job that has not started`,
        params: parameters({ job_id: uuid() }),
        answer: Made,
        status: 200,
        message: `${title} reservation has been released`,
        faults: [400, 404],
      },
      async ({ params }, request) => {
        const principal = principalOf(request)
        if (principal.parties !== 'all') {
          const job = await desk.find(params.job_id)
          if (!job || !mayTouch(principal, [job.project, job.vlab])) throw noSuchJob()
        }
        return stored(await desk.release(askingOf(request, false), params.job_id, type))
      },
    )
  }
}
