import type { FastifyReply, FastifyRequest } from 'fastify'
import { callerOf, sendAnswered } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import * as contract from './contract.ts'
import { createParty, type Kind } from './create-commands.ts'
import * as sql from './listing/sql.ts'
import type { SheetRow } from './sheet.ts'
import { only } from './shown.ts'

const made = (id: string, summary: string) => ({
  operation: 'parties.change',
  id,
  tag: 'parties',
  summary,
  key: 'optional' as const,
  answers: { 201: contract.Made },
  problems: ['name-taken', 'idempotency-key-reused'] as const,
})

/** `POST` of one organisation, project, person or provider; many at once are imported. */
export function addPartyMaking(server: ApiServer, house: House): void {
  const make = async (
    request: FastifyRequest,
    reply: FastifyReply,
    kind: Kind,
    said: Omit<SheetRow, 'line' | 'names'>,
  ) => {
    // Whoever sees some parties only would make one that it does not see.
    requireEverything(principalOf(request))
    return sendAnswered(reply, await createParty(house, callerOf(request), kind, said))
  }
  server.post(
    '/api/v1/organisations',
    door({ ...made('createOrganisation', 'Make an organisation'), body: contract.NewOrganisation }),
    async (request, reply) => {
      const { name, tier } = request.body
      return await make(request, reply, 'organisation', { organisation: name, ...(tier && { tier }) })
    },
  )
  server.post(
    '/api/v1/projects',
    door({ ...made('createProject', 'Make a project of an organisation'), body: contract.NewProject }),
    async (request, reply) => {
      // Before anything is looked up: else it would be told whether there is such an organisation.
      requireEverything(principalOf(request))
      const { name, organisation: id, payment } = request.body
      const [organisation] = await sql.organisationsPage(house.database.pool, only(null, id))
      if (!organisation) {
        const issues = [{ field: 'body.organisation', message: `there is no organisation ${id}` }]
        throw new Problem('request-invalid', { issues })
      }
      const said = { project: name, organisation: organisation.name, ...(payment && { payment }) }
      return await make(request, reply, 'project', said)
    },
  )
  server.post(
    '/api/v1/people',
    door({ ...made('createPerson', 'Make a person'), body: contract.NewPerson }),
    async (request, reply) => {
      const { name, email } = request.body
      return await make(request, reply, 'person', { person: name, ...(email && { email }) })
    },
  )
  server.post(
    '/api/v1/providers',
    door({ ...made('createProvider', 'Make a provider'), body: contract.NewProvider }),
    async (request, reply) => await make(request, reply, 'provider', { provider: request.body.name }),
  )
}
