import type { Asking } from '../../credits/commands.ts'
import { grantRule } from '../../credits/granting-commands.ts'
import { alone, nothing, type Answered } from '../../operations/alone.ts'
import { bringParty } from '../../parties/given-commands.ts'
import { nanosText } from '../../values/money.ts'
import { Fault } from '../door/fault.ts'
import type { JobParts } from '../parts-commands.ts'
import { refusing } from '../budget/once.ts'
import { type Account, isSame, type NewAccount } from './account.ts'
import { deleteCommand, enableCommand, openCommand, taken, type UseLook } from './open.ts'
import { accountShelf } from './shelf-commands.ts'
import * as sql from './sql.ts'

/** There is one at most; the same request again answers the same. */
export async function createSystem({ house, accounts }: JobParts, asking: Asking, id: string, name: string) {
  const { principal, key } = asking
  await alone(
    house,
    { principal, key, command: 'jobs.account', input: { kind: 'system', id, name } },
    async (writer) => {
      if ((await sql.insertSystem(writer, id, name)) > 0) return { id }
      const there = await sql.systemAccount(writer)
      if (there?.id === id && there.name === name) return nothing
      throw there ? Fault.refused('There is a system account already, and there can be one only') : taken()
    },
  )
  await accounts.system()
}

/**
 * Opens the account of a virtual lab or a project, with the party and the wallet that it needs. These are made before, in
 * operations of their own: without the account nobody here sees them.
 */
export async function openAccount(parts: JobParts, asking: Asking, wanted: NewAccount): Promise<Answered | undefined> {
  const { house, currency } = parts
  const { id, kind, name, parent, openedWith } = wanted
  const [there] = await sql.accountsById(house.database.pool, [id])
  if (there && !(there.enabled && isSame(there, wanted))) throw taken()
  if (there) return undefined
  if (openedWith > 0n && !(await parts.accounts.system())) throw Fault.notFound('System account not found')
  if (parent !== null && !(await parts.accounts.virtualLab(parent))) throw Fault.notFound('Virtual lab not found')
  const fault = await bringParty(
    house,
    asking.principal,
    parent === null ? { kind: 'organisation', id, name } : { kind: 'project', id, name, organisation: parent },
  )
  if (fault !== undefined) throw Fault.refused(`The id ${id} ${fault}`)
  const { credits } = parts.counter
  await credits.open(id, currency)
  const grant = { owner: id, currency, nanos: openedWith, origin: 'opening', expiresAt: null }
  return await credits.submit(
    asking,
    'jobs.account',
    { id, kind, name, parent, openedWith: nanosText(openedWith) },
    openCommand(accountShelf, wanted, currency, openedWith > 0n ? grantRule(grant) : undefined),
  )
}

type Which = { readonly id: string; readonly kind: Account['kind'] }

export async function enableAccount(parts: JobParts, asking: Asking, which: Which, enabled: boolean) {
  const { accounts, counter, currency } = parts
  const rule = enableCommand(accountShelf, { ...which, currency }, enabled)
  const answered = await counter.credits.submit(asking, 'jobs.account.enable', { ...which, enabled }, rule)
  accounts.forget()
  return answered
}

/** Of one that is missing, only what was done under the same key before can be answered. @throws Fault */
export async function deleteAccount(parts: JobParts, asking: Asking, which: Which, missing?: Fault) {
  const { accounts, counter, currency } = parts
  const rule = missing ? refusing(missing) : deleteCommand(accountShelf, { ...which, currency }, useLook(which))
  const answered = await counter.credits.submit(asking, 'jobs.account.delete', which, rule)
  accounts.forget()
  return answered
}

function useLook({ id, kind }: Which): UseLook {
  const found: UseLook = {
    projects: 0,
    hasJobs: false,
    look: async (reader) => {
      found.projects = kind === 'virtual-lab' ? (await sql.projectsOf(reader, [id])).length : 0
      found.hasJobs = kind === 'project' && (await sql.hasJobs(reader, id))
    },
  }
  return found
}
