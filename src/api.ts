import type { FastifyInstance } from 'fastify'
import { addAccessDoors } from './access/routes.ts'
import type { TypeBoxProvider } from './http/door.ts'
import type { Metrics } from './http/metrics.ts'
import { memories } from './metering/erasure-commands.ts'
import type { House } from './operations/house.ts'
import { addLedgerRoutes } from './ledger/routes.ts'
import { addMeteringRoutes } from './metering/routes.ts'
import { addOperationRoutes } from './operations/routes.ts'
import { addPartyRoutes } from './parties/routes.ts'
import type { Settings } from './settings.ts'

export type ApiParts = {
  readonly house: House
  readonly settings: Settings
  readonly metrics: Metrics
  /** Told when somebody may no longer come in, or is somebody else. */
  readonly accessChanged: () => void
}

/** Every door below /api/v1, each module's by one line, in the order of the house. */
export function addApi(instance: FastifyInstance, { house, accessChanged }: ApiParts): void {
  const server = instance.withTypeProvider<TypeBoxProvider>()
  addOperationRoutes(server, house)
  addPartyRoutes(server, house)
  addLedgerRoutes(server, house)
  addMeteringRoutes(server, house)
  addAccessDoors(server, { house, memories, changed: accessChanged })
}
