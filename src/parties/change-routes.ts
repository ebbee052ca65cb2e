import { type Static, Type } from 'typebox'
import type { Reader } from '../database/reader.ts'
import { callerOf, sendAnswered } from '../http/call.ts'
import { type ApiServer, door, mediaTypeOf } from '../http/door.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { partyId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { changeParty, importSheet, type Present, sheetProblem } from './change-commands.ts'
import * as contract from './contract.ts'
import { previewImport, summaryOf } from './import-commands.ts'
import * as sql from './listing/sql.ts'
import { type ColumnName, type Fault, readRows, readSheet, type SheetRow } from './sheet.ts'
import { scopeOf } from './scope-commands.ts'
import { only, shown } from './shown.ts'

const ifMatch = { 'if-match': Type.String({ description: 'the ETag of the state that you looked at' }) }
const change = (id: string, summary: string) => ({
  operation: 'parties.change',
  id,
  tag: 'parties',
  summary,
  key: 'optional' as const,
  headers: ifMatch,
  problems: ['not-found', 'precondition-failed'] as const,
})
const rowOf = (present: Present, changed: Partial<Record<ColumnName, string>>): SheetRow => ({
  ...(present.row as Omit<SheetRow, 'line' | 'names'>),
  ...(changed as object),
  line: 0,
  names: [],
})

/** `PATCH` of one party, and the import of many. */
export function addPartyChanges(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.patch(
    '/api/v1/organisations/:organisation',
    door({
      ...change('changeOrganisation', 'Give an organisation another tier'),
      params: Type.Object({ organisation: partyId('org') }),
      body: contract.OrganisationChange,
      answers: { 200: contract.Changed },
    }),
    async (request, reply) => {
      // Its tier prices what all its projects use.
      requireEverything(principalOf(request))
      const asked = only(null, request.params.organisation)
      const input = { id: request.params.organisation, change: request.body, ifMatch: request.headers['if-match'] }
      const present = async (reader: Reader) => {
        const [found] = await sql.organisationsPage(reader, asked)
        return found && { id: found.id, state: shown.organisation(found), row: { organisation: found.name } }
      }
      const { tier } = request.body
      return sendAnswered(
        reply,
        await changeParty(house, callerOf(request), input, present, (now) => rowOf(now, { tier })),
      )
    },
  )
  server.patch(
    '/api/v1/projects/:project',
    door({
      ...change('changeProject', 'Say how a project pays, or to which organisation it belongs'),
      params: Type.Object({ project: partyId('prj') }),
      body: contract.ProjectChange,
      answers: { 200: contract.Changed },
    }),
    async (request, reply) => {
      // Whose it is and how it pays are the site's matter, not the project's own.
      requireEverything(principalOf(request))
      const scope = null
      const asked = only(scope, request.params.project)
      const { payment, organisation: wanted } = request.body
      const [organisation] = wanted ? await sql.organisationsPage(reader, only(scope, wanted)) : []
      if (wanted && !organisation) throw missing('body.organisation', `there is no organisation ${wanted}`)
      const input = { id: request.params.project, change: request.body, ifMatch: request.headers['if-match'] }
      const present = async (reader: Reader) => {
        const [found] = await sql.projectsPage(reader, asked)
        if (!found) return undefined
        const row = { project: found.name, organisation: organisation?.name ?? found.organisation_name }
        return { id: found.id, state: shown.project(found), row }
      }
      const answered = await changeParty(house, callerOf(request), input, present, (now) =>
        rowOf(now, payment ? { payment } : {}),
      )
      return sendAnswered(reply, answered)
    },
  )
  addPersonChange(server, house)
  addImport(server, house)
}

function addPersonChange(server: ApiServer, house: House): void {
  const reader = house.database.pool
  server.patch(
    '/api/v1/people/:person',
    door({
      ...change('changePerson', 'Correct the e-mail of a person'),
      params: Type.Object({ person: partyId('per') }),
      body: contract.PersonChange,
      answers: { 200: contract.Changed },
    }),
    async (request, reply) => {
      const asked = only(await scopeOf(reader, principalOf(request)), request.params.person)
      const input = { id: request.params.person, change: request.body, ifMatch: request.headers['if-match'] }
      const present = async (reader: Reader) => {
        const [found] = await sql.peoplePage(reader, asked)
        return found && { id: found.id, state: shown.person(found), row: { person: found.name } }
      }
      const { email } = request.body
      return sendAnswered(
        reply,
        await changeParty(house, callerOf(request), input, present, (now) => rowOf(now, { email })),
      )
    },
  )
}

const missing = (field: string, message: string) => new Problem('request-invalid', { issues: [{ field, message }] })

function addImport(server: ApiServer, house: House): void {
  server.post(
    '/api/v1/parties/import',
    door({
      operation: 'parties.import',
      id: 'importParties',
      tag: 'parties',
      summary: 'Say who there is: organisations, projects, people, providers, members and other names',
      description:
        'All of it or nothing; the same again changes nothing, and nothing is ever removed. What a row leaves out stays.',
      query: contract.ImportQuery,
      bodies: { 'application/json': contract.ImportBody, 'text/csv': contract.ImportText },
      bytesMax: 8 * 1024 * 1024,
      key: 'optional',
      answers: { 200: contract.ImportAnswer },
    }),
    async (request, reply) => {
      // It may give any project to any organisation, and so may whoever sees everything.
      requireEverything(principalOf(request))
      const { sheet, fieldOf } = sheetIn(request.body, mediaTypeOf(request) === 'text/csv')
      if (request.query.dryRun === true) {
        const preview = await previewImport(house.database.pool, sheet)
        if (!preview.ok) throw sheetProblem(preview.refusal, fieldOf)
        return summaryOf(house.database.pool, preview.value.plan)
      }
      return sendAnswered(reply, await importSheet(house, callerOf(request), sheet, fieldOf))
    },
  )
}

type Row = Static<typeof contract.ImportBody>['rows'][number]

function sheetIn(body: unknown, isText: boolean) {
  const fieldOf = isText
    ? ({ line, column }: Fault) => `line ${line}${column ? `, column ${column}` : ''}`
    : ({ line, column }: Fault) => `body.rows.${line}${column ? `.${camel(column)}` : ''}`
  const read = isText ? readSheet(body as string) : readRows((body as { rows: readonly Row[] }).rows.map(cellsOf))
  if (!read.ok) throw sheetProblem(read.refusal, fieldOf)
  return { sheet: read.value, fieldOf }
}

const camel = (column: string): string => column.replace('_names', 'Names')

function cellsOf({ projectNames, personNames, providerNames, ...cells }: Row): Partial<Record<ColumnName, string>> {
  return {
    ...cells,
    ...(projectNames && { project_names: projectNames.join('|') }),
    ...(personNames && { person_names: personNames.join('|') }),
    ...(providerNames && { provider_names: providerNames.join('|') }),
  }
}
