import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { sendTagged } from '../http/etag.ts'
import { afterOf, limitOf, pageFrom, textPart } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { partyId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { addAllParties } from './all-routes.ts'
import * as contract from './contract.ts'
import { addPartyChanges } from './change-routes.ts'
import { addPartyMaking } from './create-routes.ts'
import * as sql from './listing/sql.ts'
import { scopeOf } from './scope-commands.ts'
import { only, shown, uuidFrom } from './shown.ts'

const uuidPart = /^[0-9a-f-]{36}$/
type Asked = { readonly limit?: number; readonly cursor?: string }

const uuidOrNull = (id: string | undefined) => (id === undefined ? null : uuidFrom(id))

const page = (asked: Asked) => ({ after: afterOf(asked, textPart, uuidPart), limit: limitOf(asked) })
const keyOf = ({ name, id }: { name: string; id: string }) => [name, id]

/** `GET /api/v1/organisations`, `projects`, `people`, `providers`; each alone; changes and imports. */
export function addPartyRoutes(server: ApiServer, house: House): void {
  const reader = house.database.pool
  const list = (id: string, summary: string) => ({ operation: 'parties.list', id, tag: 'parties', summary })
  const read = (id: string, summary: string) => ({
    operation: 'parties.read',
    id,
    tag: 'parties',
    summary,
    problems: ['not-found'] as const,
  })
  server.get(
    '/api/v1/organisations',
    door({
      ...list('listOrganisations', 'Organisations, by name'),
      query: contract.ListQuery,
      answers: { 200: contract.Organisations },
    }),
    async (request) => {
      const found = await sql.organisationsPage(reader, {
        scope: await scopeOf(reader, principalOf(request)),
        ...page(request.query),
      })
      return pageFrom(found, request.query, keyOf, shown.organisation)
    },
  )
  server.get(
    '/api/v1/organisations/:organisation',
    door({
      ...read('readOrganisation', 'One organisation'),
      params: Type.Object({ organisation: partyId('org') }),
      answers: { 200: contract.Organisation },
    }),
    async (request, reply) => {
      const [found] = await sql.organisationsPage(
        reader,
        only(await scopeOf(reader, principalOf(request)), request.params.organisation),
      )
      return sendTagged(request, reply, shown.organisation(orNotFound(found)))
    },
  )
  addProjects(server, house, list, read)
  addPeopleAndProviders(server, house, list, read)
  addAllParties(server, house)
  addPartyMaking(server, house)
  addPartyChanges(server, house)
}

type Head = (id: string, summary: string) => { operation: string; id: string; tag: string; summary: string }

function addProjects(server: ApiServer, house: House, list: Head, read: Head): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/projects',
    door({
      ...list('listProjects', 'Projects, by name'),
      query: contract.ProjectsQuery,
      answers: { 200: contract.Projects },
    }),
    async (request) => {
      const wanted = {
        scope: await scopeOf(reader, principalOf(request)),
        ...page(request.query),
        organisation: uuidOrNull(request.query.organisation),
      }
      return pageFrom(await sql.projectsPage(reader, wanted), request.query, keyOf, shown.project)
    },
  )
  server.get(
    '/api/v1/projects/:project',
    door({
      ...read('readProject', 'One project, by its id'),
      params: Type.Object({ project: partyId('prj') }),
      answers: { 200: contract.Project },
    }),
    async (request, reply) => {
      const [found] = await sql.projectsPage(
        reader,
        only(await scopeOf(reader, principalOf(request)), request.params.project),
      )
      return sendTagged(request, reply, shown.project(orNotFound(found)))
    },
  )
}

function addPeopleAndProviders(server: ApiServer, house: House, list: Head, read: Head): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/people',
    door({
      ...list('listPeople', 'People, by name; of one project when it is named'),
      query: contract.PeopleQuery,
      answers: { 200: contract.People },
    }),
    async (request) => {
      const wanted = {
        scope: await scopeOf(reader, principalOf(request)),
        ...page(request.query),
        project: uuidOrNull(request.query.project),
      }
      return pageFrom(await sql.peoplePage(reader, wanted), request.query, keyOf, shown.person)
    },
  )
  server.get(
    '/api/v1/people/:person',
    door({
      ...read('readPerson', 'One person'),
      params: Type.Object({ person: partyId('per') }),
      answers: { 200: contract.Person },
    }),
    async (request, reply) => {
      const [found] = await sql.peoplePage(
        reader,
        only(await scopeOf(reader, principalOf(request)), request.params.person),
      )
      return sendTagged(request, reply, shown.person(orNotFound(found)))
    },
  )
  server.get(
    '/api/v1/providers',
    door({
      ...list('listProviders', 'Providers, by name'),
      query: contract.ListQuery,
      answers: { 200: contract.Providers },
    }),
    async (request) => {
      const found = await sql.providersPage(reader, {
        scope: await scopeOf(reader, principalOf(request)),
        ...page(request.query),
      })
      return pageFrom(found, request.query, keyOf, shown.provider)
    },
  )
  server.get(
    '/api/v1/providers/:provider',
    door({
      ...read('readProvider', 'One provider'),
      params: Type.Object({ provider: partyId('prv') }),
      answers: { 200: contract.Provider },
    }),
    async (request, reply) => {
      const [found] = await sql.providersPage(
        reader,
        only(await scopeOf(reader, principalOf(request)), request.params.provider),
      )
      return sendTagged(request, reply, shown.provider(orNotFound(found)))
    },
  )
}
