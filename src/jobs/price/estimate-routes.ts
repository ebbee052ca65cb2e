import type { FastifyRequest } from 'fastify'
import { mayTouch, principalOf } from '../../http/principal.ts'
import { type JobScope, jobDoor } from '../door/door-routes.ts'
import { Fault } from '../door/fault.ts'
import { Estimate, estimated, longrunForm, oneshotForm } from './estimate.ts'
import type { PriceParts } from './parts.ts'

export function addEstimateDoors(scope: JobScope, { prices, accounts }: PriceParts): void {
  const subtypes = () => prices.subtypes
  const vlabOf = async (request: FastifyRequest, project: string): Promise<string> => {
    const vlab = await accounts.vlabOf(project)
    if (vlab === undefined || !mayTouch(principalOf(request), [project, vlab]))
      throw Fault.notFound('Project not found')
    return vlab
  }
  const spec = { method: 'POST', operation: 'jobs.estimates', answer: Estimate, status: 200, faults: [404] } as const

  jobDoor(
    scope,
    {
      ...spec,
      path: '/estimate/oneshot',
      id: 'estimateOneshotJob',
      summary: 'What a oneshot job would cost now',
      body: oneshotForm(subtypes),
      message: 'Cost estimation for oneshot job',
    },
    async ({ body: { proj_id, type, subtype, count } }, request) => {
      const vlab = await vlabOf(request, proj_id)
      return estimated(await prices.book(), { type, subtype, vlab }, BigInt(count), Date.now())
    },
  )
  jobDoor(
    scope,
    {
      ...spec,
      path: '/estimate/longrun',
      id: 'estimateLongrunJob',
      summary: 'What a longrun job would cost now, if it ran for that long',
      body: longrunForm(subtypes),
      message: 'Cost estimation for longrun job',
    },
    async ({ body: { proj_id, type, subtype, duration, instances } }, request) => {
      const vlab = await vlabOf(request, proj_id)
      const units = BigInt(duration) * BigInt(instances)
      return estimated(await prices.book(), { type, subtype, vlab }, units, Date.now())
    },
  )
}
