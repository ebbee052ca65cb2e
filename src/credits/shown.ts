import { idOf, numbered } from '../values/id.ts'
import { nanosFrom, nanosText } from '../values/money.ts'
import { stateOf } from './hold.ts'
import type { BudgetItem, GrantItem, LotItem, WalletItem } from './listing/sql.ts'
import type { ReservationItem, StepItem } from './reserved/sql.ts'

const text = (amount: string): string => nanosText(nanosFrom(amount))

const payerId = ({ owner_kind: kind, owner }: { owner_kind: WalletItem['owner_kind']; owner: string }): string =>
  idOf(kind, owner)

/** A wallet as it stands when everything that ran out is given back, swept or not. */
export function shownWallet(row: WalletItem, lots: readonly LotItem[]) {
  const posted = nanosFrom(row.posted) - nanosFrom(row.due_posted)
  const held = nanosFrom(row.held) - nanosFrom(row.due_held)
  const limit = nanosFrom(row.credit_limit)
  const beyond = held - posted - limit
  return {
    id: numbered('account', row.id) as string,
    payer: payerId(row),
    currency: row.currency,
    posted: nanosText(posted),
    held: nanosText(held),
    available: nanosText(-beyond),
    overrun: nanosText(beyond > 0n ? beyond : 0n),
    creditLimit: nanosText(limit),
    lots: lots.map((lot) => ({
      grant: numbered('grant', lot.grant_id) as string,
      expiresAt: lot.expires_at.toISOString(),
      posted: text(lot.posted),
      held: text(lot.held),
    })),
  }
}

export const shownGrant = (row: GrantItem) => ({
  id: numbered('grant', row.id) as string,
  payer: payerId(row),
  currency: row.currency,
  amount: text(row.amount),
  origin: row.origin,
  expiresAt: row.expires_at?.toISOString() ?? null,
  left: row.left_over === null ? null : text(row.left_over),
  at: row.at.toISOString(),
  operation: numbered('operation', row.operation) as string,
})

export function shownBudget(row: BudgetItem) {
  const left = nanosFrom(row.amount) - nanosFrom(row.used)
  return {
    id: numbered('budget', row.id) as string,
    payer: payerId(row),
    currency: row.currency,
    span: row.span,
    amount: text(row.amount),
    since: row.starts,
    used: text(row.used),
    left: nanosText(left > 0n ? left : 0n),
  }
}

/** What ran out is shown as expired, swept or not. */
export function shownReservation(row: ReservationItem) {
  const isHeld = row.held !== null && row.is_due !== true
  const state = isHeld ? 'held' : row.held !== null ? 'expired' : stateOf(row.ended_as ?? 'expire')
  return {
    id: numbered('reservation', row.id) as string,
    state: state as 'held' | 'settled' | 'released' | 'expired',
    currency: row.currency,
    held: isHeld ? text(row.held ?? '0') : '0',
    charged: text(row.charged),
    until: row.lasts_until.toISOString(),
    payer: reservationPayer(row),
    amount: text(row.amount),
    project: row.project === null ? null : (idOf('project', row.project) as string),
    person: row.person === null ? null : (idOf('person', row.person) as string),
    provider: idOf('provider', row.provider) as string,
    service: row.service,
    subtype: row.subtype,
    overrun: row.overrun,
    at: row.at.toISOString(),
  }
}

function reservationPayer({ payer, project, person }: ReservationItem): string {
  if (payer === project) return idOf('project', payer)
  return payer === person ? idOf('person', payer) : idOf('organisation', payer)
}

export const shownStep = (row: StepItem) => ({
  kind: row.kind,
  at: row.at.toISOString(),
  held: text(row.held_delta),
  charged: text(row.charged),
  absorbed: text(row.absorbed),
  until: row.until?.toISOString() ?? null,
  operation: numbered('operation', row.operation) as string,
})
