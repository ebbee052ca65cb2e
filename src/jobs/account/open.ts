import type { Desk, Want } from '../../credits/desk.ts'
import { type Shelf, shelfWant } from '../../credits/shelf.ts'
import type { LaneCommand, Look } from '../../operations/lane-command.ts'
import { Fault } from '../door/fault.ts'
import { type Account, isSame, type NewAccount } from './account.ts'

export type AccountShelf = Shelf<string, KeptAccount>
/** One that is gone is taken from its table; one that got a project or a job in this batch must stay. */
export type KeptAccount = Account & { readonly isGone?: true; isUsed?: true }
export type AccountCommand = LaneCommand<Want, Desk>

export const taken = (): Fault =>
  Fault.refused('There is an account with this id already, and it is not the one that is asked for')

/** Opens an account, with credits when it is to begin with some: either all of it is there, or nothing. */
export const openCommand = (
  shelf: AccountShelf,
  wanted: NewAccount,
  currency: string,
  grant: AccountCommand | undefined,
): AccountCommand => ({
  wants: {
    owners: wanted.parent === null ? [wanted.id] : [wanted.id, wanted.parent],
    currency,
    shelves: [wanted.id, ...(wanted.parent === null ? [] : [wanted.parent])].map((id) => shelfWant(shelf, id)),
  },
  decide(desk, turn) {
    const shelved = desk.shelves.of(shelf)
    const answer = { id: wanted.id }
    const there = shelved.rows.get(wanted.id)
    if (there && !there.isGone) {
      if (!there.enabled || !isSame(there, wanted)) return { ok: false, problem: taken() }
      return { ok: true, status: 201, answer, apply: () => {} }
    }
    const above = wanted.parent === null ? undefined : shelved.rows.get(wanted.parent)
    if (wanted.parent !== null && (above?.kind !== 'virtual-lab' || !above.enabled || above.isGone)) {
      return { ok: false, problem: Fault.notFound('Virtual lab not found') }
    }
    const granted = grant?.decide(desk, turn)
    if (granted?.ok === false) return granted
    return {
      ok: true,
      status: 201,
      answer,
      apply(own) {
        shelved.put(wanted.id, { ...wanted, enabled: true, createdAt: own.at })
        granted?.apply(own)
        if (above) above.isUsed = true
      },
    }
  },
})

const missing = (kind: Account['kind']): Fault =>
  Fault.notFound(kind === 'project' ? 'Project not found' : 'Virtual lab not found')

type Which = { readonly id: string; readonly kind: Account['kind']; readonly currency: string }

/** Closes an account to everybody, or opens it again; what it has stays. */
export const enableCommand = (
  shelf: AccountShelf,
  { id, kind, currency }: Which,
  enabled: boolean,
): AccountCommand => ({
  wants: { owners: [id], currency, shelves: [shelfWant(shelf, id)] },
  decide(desk) {
    const shelved = desk.shelves.of(shelf)
    const there = shelved.rows.get(id)
    if (!there || there.isGone || there.kind !== kind) return { ok: false, problem: missing(kind) }
    return { ok: true, answer: { id, enabled }, apply: () => shelved.put(id, { ...there, enabled }) }
  },
})

/** What is read under the locks, of whom an account must not be taken from. */
export type UseLook = { readonly look: Look<Desk>; projects: number; hasJobs: boolean }

/** Deletes an account that never came to be used; the party and what the wallet went through stay. */
export const deleteCommand = (shelf: AccountShelf, { id, kind, currency }: Which, use: UseLook): AccountCommand => ({
  wants: { owners: [id], currency, shelves: [shelfWant(shelf, id)], look: use.look },
  decide(desk) {
    const shelved = desk.shelves.of(shelf)
    const there = shelved.rows.get(id)
    if (!there || there.isGone || there.kind !== kind) return { ok: false, problem: missing(kind) }
    const wallet = desk.wallet(id, currency)
    const why =
      use.projects > 0 || (there.isUsed && kind === 'virtual-lab')
        ? 'has projects: delete them first'
        : wallet && (wallet.posted !== 0n || wallet.held !== 0n)
          ? 'is not empty: move what it has, and wait for its jobs'
          : use.hasJobs || there.isUsed
            ? 'has jobs, which belong to it: disable it instead'
            : undefined
    if (why !== undefined) return { ok: false, problem: Fault.refused(`The account ${why}`) }
    return { ok: true, answer: { id }, apply: () => shelved.put(id, { ...there, isGone: true }) }
  },
})
