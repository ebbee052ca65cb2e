import { strict as assert } from 'node:assert'
import type { Answer } from '../../http/testing.ts'
import { type OpenedJobs, openJobDoors } from '../testing.ts'

export const vlab = '11111111-1111-4111-8111-111111111111'
export const otherVlab = '22222222-2222-4222-8222-222222222222'
export const project = '33333333-3333-4333-8333-333333333333'
export const nobody = '44444444-4444-4444-8444-444444444444'

export type Answered<Data> = { message: string; data: Data }
export type Refused = {
  error_code: string
  message: string
  details: { type: string; loc: unknown[]; msg: string; ctx?: object }[]
}
export type PriceRead = {
  id: number
  valid_from: string
  valid_to: string | null
  tiers: { id: number; min_quantity: number; max_quantity: number | null; fixed_cost: string; multiplier: string }[]
}

/** A price for everybody but for its tiers. */
export const base = {
  service_type: 'oneshot',
  service_subtype: 'ml-llm',
  valid_from: '2024-01-01T00:00:00Z',
  valid_to: null,
  vlab_id: null,
}
export const open = { min_quantity: 0, max_quantity: null, fixed_cost: '1.5', multiplier: 0.00001 }
export const soon = (ms: number) => new Date(Date.now() + ms).toISOString()

export type PriceDoors = OpenedJobs & {
  post(body: object, headers?: Record<string, string>): Promise<Answer>
  /** Of 100,000 units of `ml-llm`, unless it says something else. */
  estimate(more?: object): Promise<Answer>
}

/** The doors of jobs, with a virtual lab that has one project, and another one. */
export async function openPriceDoors(t: Parameters<typeof openJobDoors>[0]): Promise<PriceDoors> {
  const doors = await openJobDoors(t)
  const accounts = {
    system: [{ id: '00000000-0000-4000-8000-000000000000', name: 'system' }],
    'virtual-lab': [
      { id: vlab, name: 'one' },
      { id: otherVlab, name: 'other' },
    ],
    project: [{ id: project, name: 'one/project', vlab_id: vlab }],
  }
  for (const [kind, wanted] of Object.entries(accounts)) {
    for (const account of wanted) {
      const { status, text } = await doors.ask('POST', `/account/${kind}`, account)
      assert.equal(status, 201, text)
    }
  }
  const usual = { proj_id: project, type: 'oneshot', subtype: 'ml-llm', count: 100_000 }
  return {
    ...doors,
    post: (body, headers = {}) => doors.ask('POST', '/price', body, headers),
    estimate: (more = {}) => doors.ask('POST', '/estimate/oneshot', { ...usual, ...more }),
  }
}
