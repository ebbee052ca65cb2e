import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom } from '../http/paging.ts'
import { principalOf } from '../http/principal.ts'
import { orNotFound, Problem } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import type { ProjectParty } from '../parties/party.ts'
import { type ProjectItem, requireOwner, requireProject, scopeOf } from '../parties/scope-commands.ts'
import { decimalText } from '../values/decimal.ts'
import { idOf, numbered, numberOf } from '../values/id.ts'
import { momentOf } from '../values/moment.ts'
import { nanosText } from '../values/money.ts'
import type { Charge } from './charge.ts'
import * as contract from './contract.ts'
import { explain, findRecords } from './explain-commands.ts'
import { explanationJson } from './explain-json.ts'
import { chargesPage } from './listing/sql.ts'
import type { Memory } from './memory-commands.ts'
import { chargeOf } from './sql.ts'
import { statementJson } from './statement-json.ts'
import { statementOf } from './statement-commands.ts'

/** `GET /api/v1/charges`, explanations and statements. */
export function addChargingRoutes(server: ApiServer, house: House, memory: Memory): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/charges',
    door({
      operation: 'charges.list',
      id: 'listCharges',
      tag: 'charging',
      summary: 'Charges, those of the newest records first',
      query: contract.ChargesQuery,
      answers: { 200: contract.Charges },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const principal = principalOf(request)
      const project = query.project === undefined ? null : await requireProject(reader, principal, query.project)
      const found = await chargesPage(reader, {
        scope: await scopeOf(reader, principal),
        project: project?.id ?? null,
        period: query.period === undefined ? null : `${query.period}-01`,
        record: query.record === undefined ? null : String(numberOf('record', query.record)),
        after: afterOf(query, numberPart, /^[^\0]{1,100}$/, smallPart, smallPart, /^(charge|reversal|memo)$/),
        limit: limitOf(query),
      })
      const keyOf = (row: (typeof found)[number]) => [row.record, row.component, row.part, row.revision, row.kind]
      return pageFrom(found, query, keyOf, (row) => shownCharge(chargeOf(row), row.operation))
    },
  )
  addExplanations(server, house, memory)
  addStatements(server, house)
}

const smallPart = /^\d{1,4}$/

const shownCharge = (charge: Charge, operation: string) => ({
  id: numbered('charge', charge.id) as string,
  record: numbered('record', charge.record) as string,
  project: idOf('project', charge.project) as string,
  provider: idOf('provider', charge.provider) as string,
  component: charge.component,
  kind: charge.kind,
  part: charge.part,
  revision: charge.revision,
  period: charge.period.slice(0, 7),
  quantity: decimalText(charge.quantity, 9),
  amount: nanosText(charge.nanos),
  currency: charge.currency,
  price: numbered('price', charge.price) as string,
  bookRevision: charge.book,
  transfer: charge.transfer === null ? null : (numbered('transfer', charge.transfer) as string),
  operation: numbered('operation', operation) as string,
})

function addExplanations(server: ApiServer, house: House, memory: Memory): void {
  const head = (id: string, summary: string) =>
    ({
      operation: 'charges.explain',
      id,
      tag: 'charging',
      summary,
      answers: { 200: contract.Explanation },
      problems: ['not-found'],
    }) as const
  const explained = async (principal: ReturnType<typeof principalOf>, what: string) => {
    const record = orNotFound((await findRecords(house, what))[0])
    await requireOwner(house.database.pool, principal, [record.project, record.person, record.provider])
    return explanationJson(await explain(house, record, memory))
  }
  server.get(
    '/api/v1/charges/:charge/explanation',
    door({
      ...head('explainCharge', 'Why a charge is what it is: record, price, formula, steps, transfers'),
      params: Type.Object({ charge: numberId('chg') }),
    }),
    async (request) => await explained(principalOf(request), request.params.charge),
  )
  server.get(
    '/api/v1/records/:record/explanation',
    door({
      ...head('explainRecord', 'Why a usage record costs what it does, or nothing'),
      params: Type.Object({ record: numberId('rec') }),
    }),
    async (request) => await explained(principalOf(request), request.params.record),
  )
}

function addStatements(server: ApiServer, house: House): void {
  server.get(
    '/api/v1/statements/:project',
    door({
      operation: 'statements.read',
      id: 'readStatement',
      tag: 'charging',
      summary: 'What a project was charged, by month, service and component, and what was not charged and why',
      params: Type.Object({ project: Type.String({ minLength: 1, maxLength: 200, description: 'id or name' }) }),
      query: contract.StatementQuery,
      answers: { 200: contract.Statement },
      problems: ['not-found'],
    }),
    async (request) => {
      const found = await requireProject(house.database.pool, principalOf(request), request.params.project)
      const { from, to } = rangeOf(request.query, house.zone)
      return statementJson(await statementOf(house, payerOf(found), from, to))
    },
  )
}

/** A project as rating and charging know it. */
const payerOf = ({ id, name, organisation, organisation_name, tier, payment }: ProjectItem): ProjectParty => ({
  project: id,
  name,
  organisation,
  organisationName: organisation_name,
  tier,
  payment,
})

function rangeOf(query: { from?: string; to?: string }, zone: string): { from: Date | null; to: Date | null } {
  const moment = (field: 'from' | 'to') => {
    const text = query[field]
    if (text === undefined) return null
    const ms = momentOf(text, zone)
    if (ms === undefined) throw wrong(`query.${field}`, 'is no day that there is')
    return new Date(ms)
  }
  const range = { from: moment('from'), to: moment('to') }
  if (range.from && range.to && range.from >= range.to) throw wrong('query.to', 'is not after from')
  return range
}

const wrong = (field: string, message: string) => new Problem('request-invalid', { issues: [{ field, message }] })
