import { Type } from 'typebox'
import { reservationsOf, reservationWhole } from '../credits/listing-commands.ts'
import { shownReservation } from '../credits/shown.ts'
import { wantedOf } from '../credits/wanted-commands.ts'
import { type ApiServer, door } from '../http/door.ts'
import { pageFrom } from '../http/paging.ts'
import { principalOf, requireTouch } from '../http/principal.ts'
import { orNotFound } from '../http/problem.ts'
import { numberId } from '../http/schemas.ts'
import type { Directory } from '../parties/directory-commands.ts'
import { numbered, numberOf } from '../values/id.ts'
import type { Counter } from './counter-commands.ts'
import * as contract from './reservation-contract.ts'
import { shownSettlement } from './settlement/shown.ts'
import { settlementsOf } from './settlement/sql.ts'

/** `GET /api/v1/reservations`, and one of them with all that became of it. */
export function addReservationRoutes(server: ApiServer, { credits }: Counter, directory: Directory): void {
  const reader = credits.house.database.pool
  server.get(
    '/api/v1/reservations',
    door({
      operation: 'credits.read',
      id: 'listReservations',
      tag: 'credits',
      summary: 'Reservations, newest first',
      query: contract.ReservationsQuery,
      answers: { 200: contract.Reservations },
      problems: ['not-found'],
    }),
    async (request) => {
      const { query } = request
      const wanted = await wantedOf(principalOf(request), directory, query)
      const found = await reservationsOf(reader, wanted, query.state)
      return pageFrom(found, query, ({ id }) => [id], shownReservation)
    },
  )
  server.get(
    '/api/v1/reservations/:reservation',
    door({
      operation: 'credits.read',
      id: 'readReservation',
      tag: 'credits',
      summary: 'One reservation, with what became of it and what it was charged',
      params: Type.Object({ reservation: numberId('res') }),
      answers: { 200: contract.ReservationWhole },
      problems: ['not-found'],
    }),
    async (request) => {
      const id = numberOf('reservation', request.params.reservation) as bigint
      const { row, shown, steps } = orNotFound(await reservationWhole(reader, id))
      requireTouch(principalOf(request), [row.payer, row.project, row.person, row.provider])
      const estimate = row.estimate === null ? null : quantitiesIn(row.estimate)
      return {
        ...shown,
        estimate,
        operation: numbered('operation', row.operation) as string,
        steps,
        settlements: (await settlementsOf(reader, [id])).map(shownSettlement),
      }
    },
  )
}

const quantitiesIn = (estimate: string) => (JSON.parse(estimate) as { quantities: Record<string, string> }).quantities
