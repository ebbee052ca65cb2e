import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { mayTouch, type Principal, principalOf } from '../../http/principal.ts'
import type { Answered } from '../../operations/alone.ts'
import { nanosText } from '../../values/money.ts'
import type { Account } from '../account/account.ts'
import * as accountSql from '../account/sql.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { stored } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { model, optional, ruled } from '../lax/model.ts'
import { money } from '../lax/number.ts'
import { text, uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { deplete, grant, moveOnce, type Shift, shift, topUp, type Wanted } from './commands.ts'

const reference = optional(
  ruled(text(), (given) => (given.length >= 1 && given.length <= 200 ? undefined : 'it must have 1 to 200 characters')),
  undefined,
)
const amount = money({ gt: 0 })

const door = { method: 'POST', operation: 'jobs.budgets', status: 200 } as const
const again =
  'With the same `Idempotency-Key`, or else the same `reference`, it is executed once. Between accounts, exactly what a ' +
  'balance shows can always be moved, however it is rounded.'

/** `POST /budget/…`: money to virtual labs, between them and their projects, and back. */
export function addBudgetDoors(scope: JobScope, parts: JobParts): void {
  addFunding(scope, parts)
  addShifts(scope, parts)
  addMove(scope, parts)
  addDepletions(scope, parts)
}

/** Nothing is told but that it was done. */
const done = ({ operation }: Answered) => stored({ operation, answer: 'null' })

async function mine(
  principal: Principal,
  found: Account | undefined | Promise<Account | undefined>,
  missing: string,
): Promise<Account> {
  const account = await found
  if (!account || !mayTouch(principal, [account.id, account.parent])) throw Fault.notFound(missing)
  return account
}

function addFunding(scope: JobScope, parts: JobParts): void {
  const { accounts } = parts
  const requireSystem = async () => {
    if (!(await accounts.system())) throw Fault.notFound('System account not found')
  }
  jobDoor(
    scope,
    {
      ...door,
      operation: 'jobs.fund',
      path: '/budget/top-up',
      id: 'topUpVirtualLab',
      summary: 'Give money to a virtual lab',
      description: again,
      body: model('TopUp', { vlab_id: uuid(), amount, reference }),
      message: 'Top-up operation executed',
      faults: [404],
    },
    async ({ body: { vlab_id: owner, amount: nanos, reference } }, request) => {
      const input = { owner, currency: parts.currency, nanos: nanosText(nanos), origin: 'top-up', expiresAt: null }
      const wanted = { what: 'top-up', command: 'credits.grant', input, reference }
      return done(
        await moveOnce(parts, request, wanted, async () => {
          await requireSystem()
          const vlab = await mine(principalOf(request), accounts.virtualLab(owner), 'Virtual lab not found')
          return await topUp(parts, vlab.id, nanos)
        }),
      )
    },
  )
  jobDoor(
    scope,
    {
      ...door,
      operation: 'jobs.fund',
      path: '/budget/grant',
      id: 'grantProjectBudget',
      summary: 'Give money to a project through its virtual lab, both or nothing',
      description: again,
      body: model('GrantBudget', { proj_id: uuid(), amount, reference }),
      message: 'Grant budget operation executed',
      faults: [404],
    },
    async ({ body: { proj_id: owner, amount: nanos, reference } }, request) => {
      const input = { owner, currency: parts.currency, nanos: nanosText(nanos), origin: 'top-up' }
      const wanted = { what: 'grant', command: 'credits.grantThrough', input, reference }
      return done(
        await moveOnce(parts, request, wanted, async () => {
          await requireSystem()
          const project = await mine(principalOf(request), accounts.project(owner), 'Account not found')
          const vlab = await accounts.virtualLab(project.parent ?? '')
          if (!vlab) throw Fault.notFound('Account not found')
          return await grant(parts, vlab.id, project.id, nanos)
        }),
      )
    },
  )
}

/** What is asked for that moves money between accounts. */
const shiftIn =
  (currency: string) =>
  (what: string, { from, to, nanos }: Shift, reference: string | undefined): Wanted => ({
    what,
    command: 'credits.move',
    input: { from, to, nanos: nanosText(nanos), currency },
    reference,
  })

function addShifts(scope: JobScope, parts: JobParts): void {
  const shiftOf = shiftIn(parts.currency)
  const shapes = { vlab_id: uuid(), proj_id: uuid(), amount, reference }
  type Body = {
    readonly vlab_id: string
    readonly proj_id: string
    readonly amount: bigint
    readonly reference: string | undefined
  }
  const requirePair = async (request: FastifyRequest, body: Body): Promise<void> => {
    const { accounts } = parts
    const principal = principalOf(request)
    const vlab = await mine(principal, accounts.virtualLab(body.vlab_id), 'Account not found')
    const project = await mine(principal, accounts.project(body.proj_id), 'Account not found')
    if (project.parent !== vlab.id) throw Fault.refused("The project doesn't belong to the virtual-lab")
  }
  jobDoor(
    scope,
    {
      ...door,
      path: '/budget/assign',
      id: 'assignBudget',
      summary: 'Move money from a virtual lab to its project',
      description: again,
      body: model('AssignBudget', shapes),
      message: 'Assign budget operation executed',
      faults: [400, 404],
    },
    async ({ body }, request) => {
      const of = { from: body.vlab_id, to: body.proj_id, nanos: body.amount }
      return done(
        await moveOnce(parts, request, shiftOf('assign', of, body.reference), async () => {
          await requirePair(request, body)
          return await shift(parts, of, 'Insufficient funds in the virtual-lab account')
        }),
      )
    },
  )
  jobDoor(
    scope,
    {
      ...door,
      path: '/budget/reverse',
      id: 'reverseBudget',
      summary: 'Move money from a project back to its virtual lab',
      description: again,
      body: model('ReverseBudget', shapes),
      message: 'Reverse budget operation executed',
      faults: [400, 404],
    },
    async ({ body }, request) => {
      const of = { from: body.proj_id, to: body.vlab_id, nanos: body.amount }
      return done(
        await moveOnce(parts, request, shiftOf('reverse', of, body.reference), async () => {
          await requirePair(request, body)
          return await shift(parts, of, 'Insufficient funds in the project account')
        }),
      )
    },
  )
}

function addMove(scope: JobScope, parts: JobParts): void {
  const { accounts } = parts
  jobDoor(
    scope,
    {
      ...door,
      path: '/budget/move',
      id: 'moveBudget',
      summary: 'Move money between two projects of a virtual lab',
      description: again,
      body: model('MoveBudget', { vlab_id: uuid(), debited_from: uuid(), credited_to: uuid(), amount, reference }),
      message: 'Move budget operation executed',
      faults: [400, 404],
    },
    async ({ body }, request) => {
      const of = { from: body.debited_from, to: body.credited_to, nanos: body.amount }
      return done(
        await moveOnce(parts, request, shiftIn(parts.currency)('move', of, body.reference), async () => {
          const principal = principalOf(request)
          const vlab = await mine(principal, accounts.virtualLab(body.vlab_id), 'Account not found')
          const from = await mine(principal, accounts.project(of.from), 'Account not found')
          const to = await mine(principal, accounts.project(of.to), 'Account not found')
          if (from.id === to.id) throw Fault.refused('The debited and credited accounts must be different')
          if (from.parent !== vlab.id) throw Fault.refused("The debited project doesn't belong to the virtual-lab")
          if (to.parent !== vlab.id) throw Fault.refused("The credited project doesn't belong to the virtual-lab")
          return await shift(parts, of, 'Insufficient funds in the debited account')
        }),
      )
    },
  )
}

const Depleted = Type.Object({ total_amount: Type.String() }, { title: 'Depleted' })

function addDepletions(scope: JobScope, parts: JobParts): void {
  const { accounts, house, currency } = parts
  const depletionOf = (owner: string, reference: string | undefined): Wanted => ({
    what: 'deplete',
    command: 'credits.withdraw',
    input: { owner, currency },
    reference,
  })
  jobDoor(
    scope,
    {
      ...door,
      path: '/budget/deplete/project',
      id: 'depleteProject',
      summary: 'Take back what a project has left; what is reserved stays',
      body: model('DepleteProject', { proj_id: uuid(), reference }),
      answer: Depleted,
      message: 'Deplete project operation executed',
      faults: [404],
    },
    async ({ body: { proj_id: id, reference } }, request) =>
      stored(
        await moveOnce(parts, request, depletionOf(id, reference), async () => {
          const project = await mine(principalOf(request), accounts.project(id), 'Account not found')
          return deplete(parts, [project.id])
        }),
      ),
  )
  jobDoor(
    scope,
    {
      ...door,
      path: '/budget/deplete/virtual-lab',
      id: 'depleteVirtualLab',
      summary: 'Take back what all projects of a virtual lab and it itself have left, all at once',
      body: model('DepleteVirtualLab', { vlab_id: uuid(), reference }),
      answer: Depleted,
      message: 'Deplete virtual lab operation executed',
      faults: [404],
    },
    async ({ body: { vlab_id: id, reference } }, request) =>
      stored(
        await moveOnce(parts, request, depletionOf(id, reference), async () => {
          const vlab = await mine(principalOf(request), accounts.virtualLab(id), 'Virtual lab not found')
          const projects = await accountSql.projectsOf(house.database.pool, [vlab.id])
          const owners = projects.filter(({ enabled }) => enabled).map((project) => project.id)
          return deplete(parts, [...owners, vlab.id])
        }),
      ),
  )
}
