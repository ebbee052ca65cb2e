import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { afterOf, limitOf, numberPart, pageFrom, pageOf, pageQuery } from '../http/paging.ts'
import { type Principal, principalOf, requireTouch } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { closed, numberId, Period } from '../http/schemas.ts'
import type { House } from '../operations/house.ts'
import { requireProject } from '../parties/scope-commands.ts'
import { numberOf } from '../values/id.ts'
import type { Memory } from './memory-commands.ts'
import { Payers } from './payer-commands.ts'
import { Settlement } from './settlement-contract.ts'
import { explainReservation } from './settlement/explain-commands.ts'
import { reservationExplanation } from './settlement/explain-json.ts'
import { shownSettlement } from './settlement/shown.ts'
import { settlementsPage } from './settlement/sql.ts'

const Settlements = pageOf(Settlement, 'Settlements')
const SettlementsQuery = closed({
  ...pageQuery,
  project: Type.Optional(Type.String({ maxLength: 200, description: 'id or name of a project' })),
  period: Type.Optional(Period),
  reservation: Type.Optional(numberId('res')),
})
const Explanation = Type.Object(
  { reservation: Type.Any(), settlements: Type.Array(Type.Any()) },
  { title: 'ReservationExplanation' },
)

/** `GET /api/v1/settlements`: what reservations were charged; and why. */
export function addSettlementRoutes(server: ApiServer, house: House, memory: Memory): void {
  const reader = house.database.pool
  server.get(
    '/api/v1/settlements',
    door({
      operation: 'charges.list',
      id: 'listSettlements',
      tag: 'charging',
      summary: 'What reservations were charged, newest first',
      query: SettlementsQuery,
      answers: { 200: Settlements },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const principal = principalOf(request)
      const { project, period, reservation } = query
      const found = await settlementsPage(reader, {
        scope: principal.parties === 'all' ? null : [...principal.parties],
        project: project === undefined ? null : (await requireProject(reader, principal, project)).id,
        period: period === undefined ? null : `${period}-01`,
        reservation: reservation === undefined ? null : String(numberOf('reservation', reservation)),
        after: afterOf(query, numberPart)?.[0] ?? null,
        limit: limitOf(query),
      })
      return pageFrom(found, query, ({ id }) => [id], shownSettlement)
    },
  )
  addExplanations(server, house, memory)
}

function addExplanations(server: ApiServer, house: House, memory: Memory): void {
  const payers = new Payers(house)
  const head = (id: string, summary: string) =>
    ({
      operation: 'charges.explain',
      id,
      tag: 'charging',
      summary,
      answers: { 200: Explanation },
      problems: ['not-found'],
    }) as const
  const explained = async (principal: Principal, wanted: Parameters<typeof explainReservation>[3]) => {
    const found = orNotFound(await explainReservation(house, memory, (row) => payers.payerOf(row), wanted))
    const { payer, project, person, provider } = found.whole.row
    requireTouch(principal, [payer, project, person, provider])
    return reservationExplanation(found)
  }
  server.get(
    '/api/v1/settlements/:settlement/explanation',
    door({
      ...head('explainSettlement', 'Why a settling cost what it did: usage, prices, steps, transfers'),
      params: Type.Object({ settlement: numberId('set') }),
    }),
    async (request) =>
      await explained(principalOf(request), {
        settlement: numberOf('settlement', request.params.settlement) as bigint,
      }),
  )
  server.get(
    '/api/v1/reservations/:reservation/explanation',
    door({
      ...head('explainReservation', 'Why a reservation cost what it did, settling by settling'),
      params: Type.Object({ reservation: numberId('res') }),
    }),
    async (request) =>
      await explained(principalOf(request), {
        reservation: numberOf('reservation', request.params.reservation) as bigint,
      }),
  )
}
