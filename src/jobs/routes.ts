import type { FastifyInstance } from 'fastify'
import { addAccountListDoors } from './account/list-routes.ts'
import { addAccountDoors } from './account/routes.ts'
import { addBalanceDoors } from './balance/routes.ts'
import { addBudgetDoors } from './budget/routes.ts'
import { addErrorDoor, openJobScope } from './door/door-routes.ts'
import { addReservationDoors } from './job/reservation-routes.ts'
import { addUsageDoors } from './job/usage-routes.ts'
import { addLedgerDoors } from './ledger/routes.ts'
import type { JobParts } from './parts-commands.ts'
import { addPriceDoors } from './price/routes.ts'
import { addReportDoors } from './report/routes.ts'
import { addStorageDoors } from './storage/routes.ts'

/** Every door of this module, at the paths of the reference service: each noun's by one line. */
export function addJobDoors(server: FastifyInstance, parts: JobParts): void {
  openJobScope(server, (scope) => {
    addErrorDoor(scope)
    addAccountDoors(scope, parts)
    addAccountListDoors(scope, parts)
    addBalanceDoors(scope, parts)
    addBudgetDoors(scope, parts)
    addLedgerDoors(scope, parts)
    addPriceDoors(scope, parts)
    addReservationDoors(scope, parts)
    addUsageDoors(scope, parts)
    addStorageDoors(scope, parts)
    addReportDoors(scope, parts)
  })
}
