import { Type } from 'typebox'
import { askingOf } from '../../credits/money-commands.ts'
import { principalOf, requireEverything, requireTouch } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored, Told } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { model, optional } from '../lax/model.ts'
import { money } from '../lax/number.ts'
import { text, uuid } from '../lax/text.ts'
import { nanosText } from '../../values/money.ts'
import type { JobParts } from '../parts-commands.ts'
import { createSystem, openAccount } from './commands.ts'

const Id = Type.String({ format: 'uuid' })
const Named = Type.Object({ id: Id, name: Type.String() }, { title: 'JobAccountNamed' })
const Lab = Type.Object({ id: Id, name: Type.String(), balance: Type.String() }, { title: 'VirtualLabCreated' })

const creating = { method: 'POST', operation: 'jobs.account', status: 201, faults: [400] } as const

/** `POST /account/…`: who may have money here. The same request again answers the same and makes nothing more. */
export function addAccountDoors(scope: JobScope, parts: JobParts): void {
  jobDoor(
    scope,
    {
      ...creating,
      path: '/account/system',
      id: 'createSystemAccount',
      summary: 'Create the account that all money comes from; there is one',
      body: model('NewSystemAccount', { id: uuid(), name: text() }),
      answer: Named,
      message: 'System account created',
    },
    async ({ body }, request) => {
      requireEverything(principalOf(request))
      await createSystem(parts, askingOf(request, undefined), body.id, body.name)
      return body
    },
  )
  jobDoor(
    scope,
    {
      ...creating,
      path: '/account/virtual-lab',
      id: 'createVirtualLab',
      summary: 'Create the account of a virtual lab, with a balance to begin with when one is given',
      body: model('NewVirtualLab', { id: uuid(), name: text(), balance: optional(money({ ge: 0 }), 0n) }),
      answer: Lab,
      message: 'Virtual lab created',
      faults: [400, 404],
    },
    async ({ body: { id, name, balance } }, request) => {
      requireEverything(principalOf(request))
      if (parts.fundLimit !== undefined && balance > parts.fundLimit)
        throw Fault.refused('So much takes a second person: create the virtual lab without a balance, and top it up')
      const wanted = { id, name, kind: 'virtual-lab', parent: null, openedWith: balance } as const
      const answered = await openAccount(parts, askingOf(request, undefined), wanted)
      return toldAs(answered, { id, name, balance: nanosText(balance) })
    },
  )
  jobDoor(
    scope,
    {
      ...creating,
      path: '/account/project',
      id: 'createProjectAccount',
      summary: 'Create the account of a project in a virtual lab',
      body: model('NewProjectAccount', { id: uuid(), name: text(), vlab_id: uuid() }),
      answer: Named,
      message: 'Project created',
      faults: [400, 404],
    },
    async ({ body: { id, name, vlab_id: parent } }, request) => {
      requireTouch(principalOf(request), [parent])
      const wanted = { id, name, kind: 'project', parent, openedWith: 0n } as const
      const answered = await openAccount(parts, askingOf(request, undefined), wanted)
      return toldAs(answered, { id, name })
    },
  )
}

/** Names are not kept in what is sealed, so the answer is made here; the operation is told beside it. */
const toldAs = (answered: { readonly operation: bigint } | undefined, data: object): Told =>
  stored({ operation: answered?.operation ?? 0n, answer: JSON.stringify(data) })
