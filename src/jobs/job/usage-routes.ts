import type { FastifyRequest } from 'fastify'
import { askingOf } from '../../credits/money-commands.ts'
import { mayTouch, principalOf, requireTouch } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { model, nullable, optional } from '../lax/model.ts'
import { epochSeconds } from '../lax/moment.ts'
import { int } from '../lax/number.ts'
import { literal, text, uuid, word } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { subtypeWord } from '../price/subtype.ts'
import type { JobRules } from '../rules.ts'
import type { JobDesk } from './commands.ts'
import type { JobEvent } from './course.ts'
import type { Told } from './use.ts'

/** `POST /usage/oneshot` and `/usage/longrun`: taken and charged in one operation. */
export function addUsageDoors(scope: JobScope, { desk, prices }: JobParts): void {
  const common = {
    subtype: subtypeWord(() => prices.subtypes),
    proj_id: uuid(),
    job_id: uuid(),
  }
  const name = optional(nullable(text()), null)
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/usage/oneshot',
      operation: 'jobs.use',
      id: 'tellOneshotUsage',
      summary: 'Say what a oneshot job has used; it is charged at once, and ends',
      description: told,
      body: model('OneshotUsage', {
        type: literal('oneshot'),
        ...common,
        name,
        count: int({ ge: 0 }),
        timestamp: epochSeconds(),
      }),
      status: 201,
      message: 'Oneshot usage received',
    },
    ({ body }, request) => {
      const event: JobEvent = { kind: 'oneshot', at: body.timestamp, instances: null, count: BigInt(body.count) }
      return use(desk, request, { ...toldOf(body, event), type: 'oneshot' })
    },
  )
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/usage/longrun',
      operation: 'jobs.use',
      id: 'tellLongrunUsage',
      summary: 'Say that a longrun job has started, runs, or has finished; it is charged up to then',
      description: told,
      body: model('LongrunUsage', {
        type: literal('longrun'),
        ...common,
        name,
        status: word(['started', 'running', 'finished'], { anyCase: true }),
        instances: optional(nullable(int({ ge: 0 })), null),
        instance_type: optional(nullable(text()), null),
        timestamp: epochSeconds(),
      }),
      status: 201,
      message: 'Longrun usage received',
    },
    ({ body }, request) => {
      const { status: kind, timestamp: at, instances } = body
      const event: JobEvent = { kind, at, instances: instances === null ? null : BigInt(instances), count: null }
      return use(desk, request, { ...toldOf(body, event), type: 'longrun' })
    },
  )
}

const told =
  'Events may come in any order, late and more than once: the books are the same. What cannot be charged as it was told ' +
  'is taken all the same, and listed at /problem.'

type Body = {
  readonly job_id: string
  readonly proj_id: string
  readonly subtype: string
  readonly name: string | null
}

/** A job's name is no part of what is kept for ever. */
const toldOf = ({ name, ...body }: Body, event: JobEvent): Omit<Told, 'type'> => ({
  job: body.job_id,
  project: body.proj_id,
  subtype: body.subtype,
  name,
  event,
  said: JSON.stringify(body),
})

async function use(desk: JobDesk, request: FastifyRequest, usage: Told) {
  const principal = principalOf(request)
  requireTouch(principal, [usage.project])
  requireTimely(usage.event.at, desk.rules)
  const mine = (owners: readonly string[]) => mayTouch(principal, owners)
  return stored(await desk.use(askingOf(request, false), usage, mine))
}

/** @throws Fault 422 as the reference service tells it */
export function requireTimely(at: number, { pastSeconds, futureSeconds }: JobRules): void {
  const ago = Date.now() / 1000 - at
  if (ago < pastSeconds && -ago < futureSeconds) return
  const way = ago > 0 ? `more than ${pastSeconds} seconds ago` : `more than ${futureSeconds} seconds ahead`
  throw Fault.invalid([
    { type: 'value_error', loc: ['body', 'timestamp'], msg: `Value error, timestamp is ${way}`, ctx: { error: {} } },
  ])
}
