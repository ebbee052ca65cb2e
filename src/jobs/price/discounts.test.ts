import { strict as assert } from 'node:assert'
import { after, beforeEach, test } from 'node:test'
import { everybody } from '../../http/testing.ts'
import { JobPrices } from './prices-commands.ts'
import {
  type Answered,
  base,
  nobody,
  open,
  openPriceDoors,
  otherVlab,
  project,
  type Refused,
  soon,
  vlab,
} from './testing.ts'

const doors = await openPriceDoors({ after })
beforeEach(() => doors.be(everybody))

test('201: a discount is taken off estimates at once; the newest that holds counts', async () => {
  await doors.post({ ...base, service_subtype: 'system-sim', tiers: [open] })
  const cost = async () =>
    ((await doors.estimate({ subtype: 'system-sim' })).body as Answered<{ cost: string }>).data.cost
  const give = (discount: unknown, more: object = {}) =>
    doors.ask('POST', '/discount', { vlab_id: vlab, discount, valid_from: '2024-01-01T00:00:00Z', ...more })
  assert.equal(await cost(), '2.50')
  const current = () => doors.ask('GET', `/discount/virtual-lab/${vlab}/current`)
  const none = await current()
  assert.deepEqual(none.body, {
    error_code: 'ENTITY_NOT_FOUND',
    message: 'No current discount found for the virtual lab',
    details: null,
  })
  assert.equal(none.status, 404)
  const { status, body } = await give(0.2)
  const { id, ...data } = (body as Answered<{ id: number }>).data
  assert.deepEqual(
    [status, (body as Answered<unknown>).message, data],
    [201, 'Discount created', { vlab_id: vlab, discount: '0.2', valid_from: '2024-01-01T00:00:00Z', valid_to: null }],
  )
  assert.equal(await cost(), '2.00')
  const newer = ((await give('0.10', { valid_from: '2024-02-01T00:00:00Z' })).body as Answered<{ id: number }>).data.id
  await give(1, { valid_to: '2024-01-02T00:00:00Z' })
  assert.equal(await cost(), '2.25')
  const list = await doors.ask('GET', `/discount/virtual-lab/${vlab}`)
  const listed = list.body as Answered<{ id: number; discount: string }[]>
  assert.equal(listed.message, 'Virtual lab discounts fetched')
  assert.deepEqual(
    listed.data.map(({ discount }) => discount),
    ['0.1', '1', '0.2'],
    'newest beginning first, then the greatest id',
  )
  assert.deepEqual(((await current()).body as Answered<{ id: number }>).data.id, newer)
  assert.equal((await current()).status, 200)
  assert.equal((await doors.ask('DELETE', `/discount/${newer}`)).status, 200)
  assert.equal(await cost(), '2.00')
  assert.equal((await doors.ask('PATCH', `/discount/${id}`, { valid_to: soon(60_000) })).status, 200)
  assert.equal((await doors.ask('PATCH', `/discount/${newer}`, { valid_to: null })).status, 400)
  for (const [method, body_] of [
    ['DELETE', undefined],
    ['PATCH', { valid_to: null }],
  ] as const)
    assert.equal((await doors.ask(method, `/discount/${id + 99}`, body_)).status, 404)
})

test('422 and 404: discounts out of range, that end before they begin, or of nobody', async () => {
  const give = async (more: object) => {
    const body = { vlab_id: vlab, discount: 0.1, valid_from: '2024-01-01T00:00:00Z', ...more }
    const answer = await doors.ask('POST', '/discount', body)
    const { message, details } = answer.body as Refused
    return `${answer.status} ${message} ${details?.map(({ loc, msg }) => `${loc.join('.')} ${msg}`).join() ?? ''}`
  }
  assert.equal(
    await give({ discount: 1.1 }),
    '422 Validation error body.discount Input should be less than or equal to 1',
  )
  assert.equal(
    await give({ discount: '-0.1' }),
    '422 Validation error body.discount Input should be greater than or equal to 0',
  )
  assert.equal(
    await give({ valid_to: '2023-01-01T00:00:00Z' }),
    '422 Validation error body Value error, valid_to must be greater than valid_from',
  )
  assert.equal(await give({ vlab_id: nobody }), '404 Virtual lab not found ')
})

test('200: of a virtual lab that nobody knows there are no discounts, and none of others either', async () => {
  const list = async () => (await doors.ask('GET', `/discount/virtual-lab/${nobody}`)).body
  assert.deepEqual(await list(), { message: 'Virtual lab discounts fetched', data: [] })
  doors.be({ name: 'mine', role: 'user', parties: new Set([otherVlab]) })
  const others = await doors.ask('GET', `/discount/virtual-lab/${vlab}`)
  assert.deepEqual(others.body, { message: 'Virtual lab discounts fetched', data: [] })
})

test('200: a longrun job is estimated by its instances and seconds', async () => {
  const given = { ...base, service_type: 'longrun', service_subtype: 'notebook' }
  await doors.post({ ...given, tiers: [{ ...open, multiplier: '0.01' }] })
  const asked = { proj_id: project, type: 'longrun', subtype: 'notebook', duration: '3600', instances: 2 }
  const { status, body } = await doors.ask('POST', '/estimate/longrun', asked)
  // 1.5 + 0.01 × 7200, less 20 % of the discount that the virtual lab has by now.
  assert.equal(status, 200)
  const { message, data } = body as Answered<{ cost: string }>
  assert.deepEqual([message, data.cost], ['Cost estimation for longrun job', '58.80'])
  const nothing = await doors.ask('POST', '/estimate/longrun', { ...asked, instances: 0, instance_type: null })
  assert.deepEqual((nothing.body as Answered<unknown>).data, { cost: '0.00' })
  const wrong = await doors.ask('POST', '/estimate/longrun', { ...asked, type: 'oneshot' })
  assert.equal((wrong.body as Refused).details[0]?.type, 'literal_error')
})

test('404: an estimate without a project, or without a price', async () => {
  const missing = await doors.estimate({ subtype: 'em-synapse-mapping' })
  assert.equal(missing.status, 404)
  assert.match(
    (missing.body as Refused).message,
    /^Missing price for: 11111111-1111-4111-8111-111111111111 oneshot em-synapse-mapping \d{4}-/,
  )
  const told = { error_code: 'ENTITY_NOT_FOUND', message: 'Project not found', details: null }
  for (const proj_id of [nobody, vlab]) {
    const { status, body } = await doors.estimate({ proj_id })
    assert.deepEqual([status, body], [404, told])
  }
  doors.be({ name: 'other', role: 'user', parties: new Set([otherVlab]) })
  assert.deepEqual((await doors.estimate()).body, told)
})

test('422: an estimate of a legacy subtype, or of less than nothing', async () => {
  const details = async (more: object) => ((await doors.estimate(more)).body as Refused).details
  assert.deepEqual(await details({ subtype: 'ml-rag' }), [
    { type: 'value_error', loc: ['body'], msg: 'Value error, subtype `ml-rag` is legacy', ctx: { error: {} } },
  ])
  assert.equal((await details({ count: -1 }))[0]?.type, 'greater_than_equal')
  assert.equal((await details({ count: 1.5 }))[0]?.type, 'int_from_float')
})

test('what another process changed is seen by whoever is told to look', async () => {
  const other = new JobPrices(doors.house)
  await other.book()
  await doors.ask('POST', '/subtype', { name: 'told-elsewhere' })
  const isThere = async (prices: JobPrices) =>
    (await prices.book()).subtypes.some(({ name }) => name === 'told-elsewhere')
  other.changed()
  assert.ok(await isThere(other))
})
