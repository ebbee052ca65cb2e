import type { Answer, OpenedDoors } from '../../http/testing.ts'
import { openDoors } from '../../http/testing.ts'
import type { House } from '../../operations/house.ts'
import { freshHouse } from '../../operations/testing.ts'
import { openJobScope } from '../door/door-routes.ts'
import { JobPrices } from './prices-commands.ts'
import { addPriceDoors } from './routes.ts'

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

export type PriceDoors = {
  readonly doors: OpenedDoors
  readonly house: House
  readonly prices: JobPrices
  post(body: object, headers?: Record<string, string>): Promise<Answer>
  /** Of 100,000 units of `ml-llm`, unless it says something else. */
  estimate(more?: object): Promise<Answer>
  close(): Promise<void>
}

/** The doors of prices over HTTP, for a virtual lab with one project, and another one. */
export async function openPriceDoors(): Promise<PriceDoors> {
  const fresh = await freshHouse()
  const { house } = fresh
  const prices = new JobPrices(house)
  const accounts = {
    isVlab: async (id: string) => [vlab, otherVlab].includes(id),
    vlabOf: async (id: string) => (id === project ? vlab : undefined),
  }
  const doors = await openDoors((server) =>
    openJobScope(server, (scope) => addPriceDoors(scope, { house, prices, accounts })),
  )
  const usual = { proj_id: project, type: 'oneshot', subtype: 'ml-llm', count: 100_000 }
  return {
    doors,
    house,
    prices,
    post: (body, headers = {}) => doors.ask('POST', '/price', body, headers),
    estimate: (more = {}) => doors.ask('POST', '/estimate/oneshot', { ...usual, ...more }),
    async close() {
      await doors.close()
      await fresh.drop()
    },
  }
}
