import { Type } from 'typebox'
import { type ApiServer, door } from '../http/door.ts'
import { principalOf, requireEverything } from '../http/principal.ts'
import type { House } from '../operations/house.ts'
import { asDocument } from './document.ts'
import { listParties } from './import-commands.ts'

const list = Type.Array(Type.Any())
const Parties = Type.Object({ organisations: list, people: list, providers: list }, { title: 'Parties' })

/** `GET /api/v1/parties`: all of them at once, as `bursar parties list --json` says it. */
export function addAllParties(server: ApiServer, house: House): void {
  server.get(
    '/api/v1/parties',
    door({
      operation: 'parties.list',
      id: 'listParties',
      tag: 'parties',
      summary: 'All organisations with their projects and members, people and providers, with all their names',
      answers: { 200: Parties },
    }),
    async (request) => {
      requireEverything(principalOf(request))
      return asDocument(await listParties(house.database.pool))
    },
  )
}
