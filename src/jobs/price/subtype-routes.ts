import { Type } from 'typebox'
import { callOf } from '../../http/call.ts'
import { principalOf, requireEverything } from '../../http/principal.ts'
import { closed } from '../../http/schemas.ts'
import { type JobScope, jobDoor } from '../door/door-routes.ts'
import { model, optional } from '../lax/model.ts'
import { flag } from '../lax/text.ts'
import { putSubtype } from './change-commands.ts'
import type { PriceParts } from './parts.ts'
import { subtypeName } from './subtype.ts'

const Subtype = closed(
  {
    name: Type.String(),
    legacy: Type.Boolean({ description: 'usage of it is still taken; it gets no new prices, reservations, estimates' }),
  },
  'JobSubtype',
)

export function addSubtypeDoors(scope: JobScope, parts: PriceParts): void {
  const { server } = scope
  // Requests are read at once, and by then the subtypes must be known.
  server.addHook('preHandler', (request, _, done) => {
    if (parts.prices.known() || request.routeOptions.config.operation === undefined) done()
    else void remembered(parts, done)
  })
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/subtype',
      operation: 'jobs.read',
      id: 'listJobSubtypes',
      summary: 'What jobs there are',
      answer: Type.Array(Subtype),
      status: 200,
      message: 'Subtypes fetched',
    },
    async () => (await parts.prices.book()).subtypes,
  )
  jobDoor(
    scope,
    {
      method: 'POST',
      path: '/subtype',
      operation: 'jobs.price',
      id: 'putJobSubtype',
      summary: 'Add a subtype, or say whether one is legacy',
      body: model('JobSubtypeGiven', { name: subtypeName(), legacy: optional(flag(), false) }),
      answer: Subtype,
      status: 201,
      message: 'Subtype added',
    },
    ({ body }, request) => {
      requireEverything(principalOf(request))
      return putSubtype(parts, callOf(request, 'jobs.subtype', body, 201), body)
    },
  )
}

async function remembered({ prices }: PriceParts, done: (error?: Error) => void): Promise<void> {
  try {
    await prices.book()
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}
