import { shelfWant } from '../../credits/shelf.ts'
import { Fault } from '../door/fault.ts'
import type { AccountCommand, AccountShelf } from './open.ts'

/** Whom a command concerns, and what is said when there is no such account. */
export type Concerned = { readonly id: string; readonly missing: string }

/**
 * The command, for accounts that are there and enabled when their wallets are locked: what is remembered of them may be a
 * moment old, and an account that is deleted has no money any more, nor jobs.
 */
export const forAccounts = (
  shelf: AccountShelf,
  concerned: readonly Concerned[],
  command: AccountCommand,
): AccountCommand => ({
  wants: {
    ...command.wants,
    shelves: [...(command.wants.shelves ?? []), ...concerned.map(({ id }) => shelfWant(shelf, id))],
  },
  decide(desk, turn) {
    const { rows } = desk.shelves.of(shelf)
    for (const { id, missing } of concerned) {
      const account = rows.get(id)
      if (!account?.enabled || account.isGone) return { ok: false, problem: Fault.notFound(missing) }
    }
    return command.decide(desk, turn)
  },
})
