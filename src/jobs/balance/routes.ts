import { Type } from 'typebox'
import { mayTouch, principalOf, requireEverything } from '../../http/principal.ts'
import { jobDoor, type JobScope } from '../door/door-routes.ts'
import { told } from '../door/envelope.ts'
import { Fault } from '../door/fault.ts'
import { text2 } from '../door/money.ts'
import { optional, parameters } from '../lax/model.ts'
import { flag, uuid } from '../lax/text.ts'
import type { JobParts } from '../parts-commands.ts'
import { Balances, type Funds } from './balances-commands.ts'

const Money = Type.String({ description: 'two places, rounded half to even', examples: ['12.50'] })
const Id = Type.String({ format: 'uuid' })
const projectFields = { proj_id: Id, balance: Money, reservation: Money }

const door = { method: 'GET', operation: 'jobs.read', status: 200, faults: [404] } as const

const shown = (id: string, { free, held }: Funds) => ({ proj_id: id, balance: text2(free), reservation: text2(held) })

/** `GET /balance/…`: what accounts have at this moment. */
export function addBalanceDoors(scope: JobScope, parts: JobParts): void {
  const { accounts, house, currency } = parts
  const balances = new Balances(house.database.pool, currency)
  jobDoor(
    scope,
    {
      ...door,
      path: '/balance/project/:proj_id',
      id: 'readProjectBalance',
      summary: 'What a project has left, and what is reserved for its jobs',
      params: parameters({ proj_id: uuid() }),
      answer: Type.Object(projectFields, { title: 'ProjectBalance' }),
      message: 'Balance for project',
    },
    async ({ params: { proj_id: id } }, request) => {
      const project = accounts.known(id) ?? (await accounts.find(id))
      if (project?.kind !== 'project' || !mayTouch(principalOf(request), [id, project.parent]))
        throw Fault.notFound('Project not found')
      return shown(id, await balances.of(id))
    },
  )
  jobDoor(
    scope,
    {
      ...door,
      path: '/balance/virtual-lab/:vlab_id',
      id: 'readVirtualLabBalance',
      summary: 'What a virtual lab has left, with its projects when they are asked for',
      params: parameters({ vlab_id: uuid() }),
      query: parameters({ include_projects: optional(flag(), false) }),
      answer: Type.Object(
        { vlab_id: Id, balance: Money, projects: Type.Optional(Type.Array(Type.Object(projectFields))) },
        { title: 'VirtualLabBalance' },
      ),
      message: 'Balance for virtual-lab',
    },
    async ({ params: { vlab_id: id }, query }, request) => {
      const lab = await accounts.virtualLab(id)
      if (!lab || !mayTouch(principalOf(request), [id])) throw Fault.notFound('Virtual lab not found')
      if (!query.include_projects) return { vlab_id: id, balance: text2((await balances.of(id)).free) }
      const [{ free }, projects] = await Promise.all([balances.of(id), balances.ofProjects(id)])
      const data = { vlab_id: id, balance: text2(free), projects: projects.map((one) => shown(one.id, one.funds)) }
      return told('Balance for virtual-lab including projects', data)
    },
  )
  jobDoor(
    scope,
    {
      ...door,
      path: '/balance/system',
      id: 'readSystemBalance',
      summary: 'What all accounts together have, below zero: it came from here',
      answer: Type.Object({ balance: Money }, { title: 'SystemBalance' }),
      message: 'Balance for system',
    },
    async (_, request) => {
      requireEverything(principalOf(request))
      if (!(await accounts.system())) throw Fault.notFound('System account not found')
      return { balance: text2(await balances.ofSystem()) }
    },
  )
}
