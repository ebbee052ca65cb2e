import type { Ask } from './asked-cli.ts'
import { balanceWith, reservationsWith } from './balance-cli.ts'
import { budgetWith } from './budget-cli.ts'
import { grantWith, limitWith, moveWith } from './grant-cli.ts'
import { refundWith } from './refund-cli.ts'

/** `bursar grant`, `move`, `limit`, `budget`, `balance`, `reservations`, `refund`: each asks a door. */
/** `bursar grant`, `move`, `limit`, `budget`, `balance`, `reservations`, `refund`: each asks a door. */
export function creditsWith(ask: Ask) {
  return {
    grant: grantWith(ask),
    move: moveWith(ask),
    limit: limitWith(ask),
    budget: budgetWith(ask),
    balance: balanceWith(ask),
    reservations: reservationsWith(ask),
    refund: refundWith(ask),
  }
}
