import { randomUUID } from 'node:crypto'
import type { Random } from '../proof/random.ts'
import type { Given } from './seed.ts'

const [system, vlab, project, sibling, otherLab, other] = Array.from({ length: 6 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const since = '2020-01-01T00:00:00Z'
const price = (type: string, subtype: string) => ({
  service_type: type,
  service_subtype: subtype,
  valid_from: since,
  valid_to: null,
  vlab_id: null,
  tiers: [{ min_quantity: 0, max_quantity: null, fixed_cost: '0.001', multiplier: '0.000001' }],
})
const post = (path: string, body: object): Given => ({ method: 'POST', path, body: JSON.stringify(body) })

/** What there must be before a job can be reserved. */
export const jobSeed: readonly Given[] = [
  post('/account/system', { id: system, name: 'system' }),
  post('/account/virtual-lab', { id: vlab, name: 'virtual lab', balance: 45 }),
  post('/account/project', { id: project, name: 'project', vlab_id: vlab }),
  post('/account/project', { id: sibling, name: 'sibling', vlab_id: vlab }),
  post('/account/virtual-lab', { id: otherLab, name: 'other lab' }),
  post('/account/project', { id: other, name: 'other', vlab_id: otherLab }),
  post('/budget/assign', { vlab_id: vlab, proj_id: project, amount: 30 }),
  post('/price', price('oneshot', 'ml-llm')),
  post('/price', price('longrun', 'notebook')),
  post('/price', price('storage', 'storage')),
  post('/discount', { vlab_id: vlab, discount: 0.1, valid_from: since }),
  post('/usage/storage', {
    type: 'storage',
    proj_id: project,
    size: 10,
    timestamp: Math.floor(Date.now() / 1000) - 100,
  }),
]

/** Texts that nobody would draw: names of these doors, and what they take them for. */
export const usualOfJobs = (name: string): readonly string[] => {
  if (name === 'vlab_id') return [vlab]
  if (/^(proj_id|debited_from|credited_to)$/.test(name)) return [project]
  if (/^(fixed_cost|multiplier)$/.test(name)) return ['0', '0.25', '0.0000001']
  if (name === 'discount') return ['0', '0.5']
  if (name === 'balance') return ['0', '10.5']
  return name === 'service_subtype' ? ['ml-llm', 'notebook', 'storage'] : []
}

type Body = Record<string, unknown>
const subtypes: Readonly<Record<string, string>> = { oneshot: 'ml-llm', longrun: 'notebook', storage: 'storage' }

/** What a schema of one field does not say of two. */
const ofType = (body: Body): void => {
  body['subtype'] = subtypes[String(body['type'])]
  if ('timestamp' in body) body['timestamp'] = Math.floor(Date.now() / 1000) - 10
}
const lasting = (body: Body): void => {
  body['valid_from'] = since
  body['valid_to'] = null
}

/** What is used is charged, whatever is left: one that is dear would leave nothing to all others. */
const cheap = (name: string) => (body: Body, random: Random) => {
  ofType(body)
  body[name] = random(1000)
}

const ofOne = (body: Body): void => {
  body['vlab_id'] = vlab
  body['proj_id'] = project
  body['amount'] = '0.5'
}

export const mendedJobs: Readonly<Record<string, (body: Body, random: Random) => void>> = {
  createSystemAccount: (body) => {
    body['id'] = system
    body['name'] = 'system'
  },
  createVirtualLab: (body, random) => {
    body['id'] = randomUUID()
    if (random(2) === 0) delete body['balance']
  },
  createProjectAccount: (body, random) => {
    body['id'] = randomUUID()
    if (random(2) === 0) body['vlab_id'] = vlab
  },
  addJobPrice: (body) => {
    lasting(body)
    body['vlab_id'] = null
    if ('tiers' in body) body['tiers'] = price('', '').tiers
  },
  addJobDiscount: lasting,
  endJobPrice: (body, random) => {
    body['valid_to'] = random(2) === 0 ? null : '2099-01-01T00:00:00Z'
  },
  endJobDiscount: (body) => {
    body['valid_to'] = '2099-01-01T00:00:00Z'
  },
  putJobSubtype: (body, random) => {
    body['name'] = `subtype-${random(20)}`
  },
  estimateOneshotJob: ofType,
  estimateLongrunJob: ofType,
  reserveOneshot: ofType,
  reserveLongrun: (body) => {
    ofType(body)
    body['duration'] = 10
    body['instances'] = 2
  },
  tellOneshotUsage: cheap('count'),
  tellLongrunUsage: ofType,
  tellStorageUsage: cheap('size'),
  // What they empty, others want to spend.
  depleteProject: (body, random) => {
    if (random(8) > 0) body['proj_id'] = other
  },
  depleteVirtualLab: (body, random) => {
    if (random(8) > 0) body['vlab_id'] = otherLab
  },
  changeVirtualLab: (body, random) => {
    body['enabled'] = random(8) > 0
  },
  changeProjectAccount: (body, random) => {
    body['enabled'] = random(8) > 0
  },
  assignBudget: ofOne,
  reverseBudget: ofOne,
  moveBudget: (body, random) => {
    body['vlab_id'] = vlab
    body['debited_from'] = project
    if (random(2) === 0) body['credited_to'] = sibling
    body['amount'] = '0.01'
  },
}
