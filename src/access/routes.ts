import { callerOf, sendAnswered, tellOperation } from '../http/call.ts'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { personNamed } from '../parties/people-commands.ts'
import { type Id, numberOf, parseId, uuidOf } from '../values/id.ts'
import * as contract from './contract.ts'
import { createKey, keysAfter, revokeKey } from './key-commands.ts'
import { erase, link, type Memories, previewErasure } from './person-commands.ts'
import { shownKey } from './shown.ts'

type Wiring = {
  readonly house: House
  readonly memories: Memories
  /** Told when a door was closed to somebody. */
  readonly changed: () => void
}

const keyDoor = { tag: 'access' } as const

export function addAccessDoors(server: ApiServer, wiring: Wiring): void {
  addKeyDoors(server, wiring)
  addPeopleDoors(server, wiring)
}

function addKeyDoors(server: ApiServer, { house, changed }: Wiring): void {
  server.post(
    '/api/v1/keys',
    door({
      ...keyDoor,
      operation: 'keys.create',
      id: 'createKey',
      summary: 'Make an API key; its secret is shown this once',
      body: contract.KeyRequest,
      answers: { 201: contract.NewKey },
      problems: ['not-found', 'secret-already-shown'],
      key: 'optional',
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const { name, role, parties = 'all', principal, expiresAt } = request.body
      const until = expiresAt === undefined ? null : timeOf(expiresAt)
      const wanted = { name, role, parties, principal, expiresAt: until }
      const { operation, ...created } = await createKey(house, callerOf(request), wanted)
      tellOperation(reply, operation)
      return reply.code(201).header('cache-control', 'no-store').send(created)
    },
  )

  server.get(
    '/api/v1/keys',
    door({
      ...keyDoor,
      operation: 'keys.list',
      id: 'listKeys',
      summary: 'Keys in the order in which they were made, without their secrets',
      query: contract.KeysQuery,
      answers: { 200: contract.Keys },
    }),
    async (request) => {
      requireEverything(principalOf(request))
      const [after = '0'] = afterOf(request.query, numberPart) ?? []
      const found = await keysAfter(house.database.pool, BigInt(after), limitOf(request.query) + 1)
      return pageFrom(found, request.query, ({ id }) => [id], shownKey)
    },
  )

  server.delete(
    '/api/v1/keys/:key',
    door({
      ...keyDoor,
      operation: 'keys.revoke',
      id: 'revokeKey',
      summary: 'Revoke a key: nobody gets in with it from now on',
      params: contract.KeyParams,
      answers: { 204: contract.Nothing },
      problems: ['not-found'],
      key: 'optional',
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const operation = await revokeKey(house, callerOf(request), numberOf('key', request.params.key) as bigint)
      changed()
      if (operation !== undefined) tellOperation(reply, operation)
      return reply.code(204).send(null)
    },
  )
}

function addPeopleDoors(server: ApiServer, { house, memories, changed }: Wiring): void {
  server.post(
    '/api/v1/people/:person/names',
    door({
      tag: 'parties',
      operation: 'people.link',
      id: 'linkName',
      summary: 'Say that a name of a source means this person',
      params: contract.PersonParams,
      body: contract.NameLink,
      answers: { 200: contract.Linked },
      problems: ['not-found'],
      key: 'optional',
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      const answered = await link(house, callerOf(request), personOf(request.params), request.body)
      changed()
      return sendAnswered(reply, answered)
    },
  )

  server.delete(
    '/api/v1/people/:person',
    door({
      tag: 'parties',
      operation: 'people.erase',
      id: 'erasePerson',
      summary: 'Erase who a person is; what they used and were charged stays, under a number',
      params: contract.PersonParams,
      query: contract.EraseQuery,
      answers: { 200: contract.Erased },
      problems: ['not-found'],
      key: 'optional',
    }),
    async (request, reply) => {
      requireEverything(principalOf(request))
      if (request.query.dryRun) {
        await personNamed(house.database.pool, request.params.person)
        const preview = await previewErasure(house.database.pool, personOf(request.params), memories)
        return { person: request.params.person, dryRun: true, ...preview }
      }
      const answered = await erase(house, callerOf(request), personOf(request.params), memories)
      changed()
      return sendAnswered(reply, answered)
    },
  )
}

function timeOf(text: string): Date {
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  const message = 'is no time that there is: write 2027-01-01T00:00:00Z, for example'
  throw new Problem('request-invalid', { issues: [{ field: 'body.expiresAt', message }] })
}

const personOf = ({ person }: { readonly person: string }): string => uuidOf(parseId('person', person) as Id<'person'>)
