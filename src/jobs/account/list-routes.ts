import { Type } from 'typebox'
import { askingOf } from '../../credits/money-commands.ts'
import { keyOf } from '../../http/call.ts'
import { mayTouch, type Principal, principalOf, requireEverything } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { offsetOf, Page, pageOf, pageQuery } from '../door/page.ts'
import type { Lax } from '../lax/lax.ts'
import { model, optional, parameters } from '../lax/model.ts'
import { microsText } from '../lax/moment.ts'
import { flag, uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import type { Account } from './account.ts'
import { deleteAccount, enableAccount } from './commands.ts'
import * as sql from './sql.ts'

const Shown = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    vlab_id: Type.Optional(Type.String({ format: 'uuid' })),
    enabled: Type.Boolean(),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'JobAccount' },
)

const shown = ({ id, name, parent, enabled, createdAt }: Account) => ({
  id,
  name,
  ...(parent !== null && { vlab_id: parent }),
  enabled,
  created_at: microsText(BigInt(createdAt) * 1000n),
})

/** Beyond the reference service: look at accounts, close and reopen them, delete one that nobody used. */
export function addAccountListDoors(scope: JobScope, parts: JobParts): void {
  jobDoor(
    scope,
    {
      method: 'GET',
      path: '/account/system',
      operation: 'jobs.read',
      id: 'readSystemAccount',
      summary: 'The system account',
      answer: Shown,
      status: 200,
      message: 'System account',
      faults: [404],
    },
    async (_, request) => {
      requireEverything(principalOf(request))
      const found = await parts.accounts.system()
      if (!found) throw Fault.notFound('System account not found')
      return shown(found)
    },
  )
  addKind(scope, parts, { kind: 'virtual-lab', name: 'Virtual lab', names: 'VirtualLab', param: 'vlab_id' })
  addKind(scope, parts, { kind: 'project', name: 'Project', names: 'ProjectAccount', param: 'proj_id' })
}

type KindOfAccount = {
  readonly kind: 'virtual-lab' | 'project'
  readonly name: string
  readonly names: string
  readonly param: 'vlab_id' | 'proj_id'
}

function addKind(scope: JobScope, parts: JobParts, of: KindOfAccount): void {
  const { kind, name, names, param } = of
  const path = `/account/${kind}/:${param}`
  const params = parameters({ [param]: uuid() }) as Lax<Readonly<Record<string, string>>>
  const idOf = (given: Readonly<Record<string, string>>) => given[param] as string
  const one = { path, params, status: 200, faults: [404] } as const
  jobDoor(
    scope,
    {
      method: 'GET',
      path: `/account/${kind}`,
      operation: 'jobs.read',
      id: `list${names}s`,
      summary: `Accounts of ${kind}s, the oldest first`,
      query: parameters({ ...pageQuery, vlab_id: optional(uuid(), null) }),
      answer: Page(Shown),
      status: 200,
      message: `${name}s`,
    },
    async ({ query }, request) => {
      const { parties } = principalOf(request)
      const scoped = parties === 'all' ? null : [...parties]
      const parent = kind === 'project' ? query.vlab_id : null
      const wanted = { kind, scope: scoped, parent, from: offsetOf(query), size: query.page_size }
      const { items, total } = await sql.accountsPage(parts.house.database.pool, wanted)
      return pageOf(request, query, items.map(shown), total)
    },
  )
  jobDoor(
    scope,
    {
      ...one,
      method: 'GET',
      operation: 'jobs.read',
      id: `read${names}`,
      summary: `One account of a ${kind}`,
      answer: Shown,
      message: name,
    },
    async (input, request) => shown(await mine(parts, principalOf(request), of, idOf(input.params))),
  )
  addChanges(scope, parts, of, { ...one, idOf })
}

type One = {
  readonly path: string
  readonly params: Lax<Readonly<Record<string, string>>>
  readonly status: 200
  readonly idOf: (given: Readonly<Record<string, string>>) => string
}

function addChanges(scope: JobScope, parts: JobParts, of: KindOfAccount, { idOf, ...one }: One): void {
  const { kind, name, names } = of
  const changing = { ...one, operation: 'jobs.account', faults: [400, 404] } as const
  jobDoor(
    scope,
    {
      ...changing,
      method: 'PATCH',
      id: `change${names}`,
      summary: `Disable the account of a ${kind}, or enable it again`,
      description: 'Disabled, it is not found by any other door; what it has stays.',
      body: model('JobAccountChange', { enabled: flag() }),
      answer: Shown,
      message: `${name} updated`,
    },
    async ({ params, body }, request) => {
      const found = await mine(parts, principalOf(request), of, idOf(params))
      const which = { id: found.id, kind }
      const { operation } = await enableAccount(parts, askingOf(request, undefined), which, body.enabled)
      return stored({ operation, answer: JSON.stringify(shown({ ...found, enabled: body.enabled })) })
    },
  )
  jobDoor(
    scope,
    {
      ...changing,
      method: 'DELETE',
      id: `delete${names}`,
      summary: `Delete the account of a ${kind} that is empty and was never used for a job`,
      description: 'What its wallet went through stays in the books.',
      message: `${name} deleted`,
    },
    async ({ params }, request) => {
      const [asking, which] = [askingOf(request, undefined), { id: idOf(params), kind }]
      let missing: Fault | undefined
      try {
        await mine(parts, principalOf(request), of, which.id)
      } catch (error) {
        // Deleted under this key before, it is answered as it was then.
        if (!(error instanceof Fault) || keyOf(request) === undefined) throw error
        missing = error
      }
      const { operation } = await deleteAccount(parts, asking, which, missing)
      return stored({ operation, answer: 'null' })
    },
  )
}

/** Also one that is disabled. @throws Fault when it is not there, or belongs to others */
async function mine(
  parts: JobParts,
  principal: Principal,
  { kind, name }: KindOfAccount,
  id: string,
): Promise<Account> {
  const [found] = await sql.accountsById(parts.house.database.pool, [id])
  if (found?.kind !== kind || !mayTouch(principal, [found.id, found.parent])) throw Fault.notFound(`${name} not found`)
  return found
}
