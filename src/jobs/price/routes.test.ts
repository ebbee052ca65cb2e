import { strict as assert } from 'node:assert'
import { after, beforeEach, test } from 'node:test'
import { everybody } from '../../http/testing.ts'
import {
  type Answered,
  base,
  nobody,
  open,
  openPriceDoors,
  otherVlab,
  type PriceRead,
  project,
  type Refused,
  soon,
  vlab,
} from './testing.ts'

const doors = await openPriceDoors({ after })
beforeEach(() => doors.be(everybody))

/** What is wrong, in short. */
const fault = async (body: object): Promise<string> => {
  const { status, body: told } = await doors.post(body)
  const { error_code, message, details } = told as Refused
  assert.deepEqual([status, error_code, message], [422, 'INVALID_REQUEST', 'Validation error'])
  return details.map(({ type, loc, msg }) => `${loc.join('.')} ${type}: ${msg}`).join('\n')
}

test('201: a price by tiers, given in any order, is answered in theirs with ids', async () => {
  const tiers = [
    { min_quantity: '10', fixed_cost: 0, multiplier: '1e-7' },
    { min_quantity: 0, max_quantity: 10.0, fixed_cost: '0.50', multiplier: ' 2 ' },
  ]
  const { status, body } = await doors.post({ ...base, service_subtype: 'notebook', valid_to: 1735689600.5, tiers })
  assert.equal(status, 201, JSON.stringify(body))
  const { message, data } = body as Answered<PriceRead>
  assert.equal(message, 'Price added')
  const { id, ...more } = data
  assert.ok(Number.isSafeInteger(id))
  assert.deepEqual(
    {
      ...more,
      tiers: more.tiers.map(({ id: tier, ...said }) => ({ ...said, isNumbered: Number.isSafeInteger(tier) })),
    },
    {
      ...base,
      service_subtype: 'notebook',
      valid_to: '2025-01-01T00:00:00.500000Z',
      tiers: [
        { min_quantity: 0, max_quantity: 10, fixed_cost: '0.5', multiplier: '2', isNumbered: true },
        { min_quantity: 10, max_quantity: null, fixed_cost: '0', multiplier: '0.0000001', isNumbered: true },
      ],
    },
  )
  const read = await doors.ask('GET', `/price/${id}`)
  assert.deepEqual([read.status, (read.body as Answered<PriceRead>).data], [200, data])
})

test('201: the older form is one open tier', async () => {
  const { fixed_cost, multiplier } = open
  const { status, body } = await doors.post({ ...base, service_subtype: 'ml-llm', fixed_cost, multiplier })
  assert.equal(status, 201, JSON.stringify(body))
  const { data } = body as Answered<PriceRead & { fixed_cost: string; multiplier: string }>
  assert.deepEqual([data.fixed_cost, data.multiplier], ['1.5', '0.00001'])
  assert.deepEqual(
    data.tiers.map(({ id: _, ...tier }) => tier),
    [{ min_quantity: 0, max_quantity: null, fixed_cost: '1.5', multiplier: '0.00001' }],
  )
})

test('201: one tier is answered as a tier, without the older form, which strict clients do not know', async () => {
  const { status, body } = await doors.post({ ...base, service_subtype: 'ml-llm', tiers: [open] })
  const { data } = body as Answered<PriceRead>
  assert.deepEqual(
    [status, Object.keys(data)],
    [201, ['id', 'service_type', 'service_subtype', 'valid_from', 'valid_to', 'vlab_id', 'tiers']],
  )
})

test('201: quantities far beyond what a number holds, and amounts of 28 digits, stay exact', async () => {
  const body = `{"service_type":"storage","service_subtype":"storage","valid_from":"2024-01-01 00:00:00+00:00",
    "valid_to":null,"vlab_id":null,"tiers":[
      {"min_quantity":0,"max_quantity":1000000000000000001,"fixed_cost":0,"multiplier":"0.1234567890123456789012345678"},
      {"min_quantity":1000000000000000001,"max_quantity":"1000000000000000000000000000000","fixed_cost":0,"multiplier":0}]}`
  const { status, text } = await doors.ask('POST', '/price', body, { 'content-type': 'application/json' })
  assert.equal(status, 201, text)
  assert.match(text, /"max_quantity":1000000000000000001,.*"multiplier":"0\.1234567890123456789012345678"/)
  assert.match(text, /"max_quantity":1000000000000000000000000000000,/)
})

test('201: a price from the first to the last moment that there is', async () => {
  const span = { valid_from: '0001-01-01T00:00:00Z', valid_to: '9999-12-31T23:59:59.999999Z' }
  const { status, body } = await doors.post({ ...base, service_subtype: 'single-cell-sim', ...span, tiers: [open] })
  assert.equal(status, 201, JSON.stringify(body))
  const { valid_from, valid_to } = (body as Answered<PriceRead>).data
  assert.deepEqual({ valid_from, valid_to }, span)
  assert.equal((await doors.estimate({ subtype: 'single-cell-sim' })).status, 200)
})

test('201: a bounded last tier is accepted, and beyond it everything is free', async () => {
  const tiers = [{ min_quantity: 0, max_quantity: 10, fixed_cost: 1, multiplier: 1 }]
  const added = await doors.post({ ...base, service_subtype: 'single-sim', vlab_id: vlab, tiers })
  assert.equal(added.status, 201, added.text)
  const { body } = await doors.estimate({ subtype: 'single-sim' })
  assert.deepEqual(body, { message: 'Cost estimation for oneshot job', data: { cost: '11.00' } })
})

const wrongs: readonly (readonly [what: string, body: object, told: string])[] = [
  ['no tier', { ...base, tiers: [] }, 'body.tiers too_short: List should have at least 1 item after validation, not 0'],
  ['neither tiers nor a cost', base, 'body.tiers missing: Field required'],
  ['half of the older form', { ...base, fixed_cost: 1 }, 'body.multiplier missing: Field required'],
  [
    'both forms',
    { ...base, fixed_cost: 1, tiers: [open] },
    'body.fixed_cost extra_forbidden: Extra inputs are not permitted',
  ],
  [
    'a field that nobody knows',
    { ...base, tiers: [{ ...open, x: 1 }] },
    'body.tiers.0.x extra_forbidden: Extra inputs are not permitted',
  ],
  ['no vlab_id', { ...base, vlab_id: undefined, tiers: [open] }, 'body.vlab_id missing: Field required'],
  ['no valid_to', { ...base, valid_to: undefined, tiers: [open] }, 'body.valid_to missing: Field required'],
  [
    'an end before the beginning, before anything else',
    { ...base, valid_to: base.valid_from, service_subtype: 'ml-rag', tiers: [{ ...open, min_quantity: 1 }] },
    'body value_error: Value error, valid_to must be greater than valid_from',
  ],
  [
    'a legacy subtype, before what is wrong with tiers',
    { ...base, service_subtype: 'ml-rag', tiers: [{ ...open, min_quantity: 1 }] },
    'body value_error: Value error, subtype `ml-rag` is legacy',
  ],
  [
    'a legacy subtype in the older form',
    { ...base, service_subtype: 'ml-retrieval', fixed_cost: 1, multiplier: 1 },
    'body value_error: Value error, subtype `ml-retrieval` is legacy',
  ],
  [
    'a first tier that does not start at 0',
    { ...base, tiers: [{ ...open, min_quantity: 1 }] },
    'body value_error: Value error, First tier must start at min_quantity=0',
  ],
  [
    'an open tier before the last',
    { ...base, tiers: [open, { ...open, min_quantity: 5 }] },
    'body value_error: Value error, Only the last tier can have max_quantity=None',
  ],
  [
    'a gap between tiers',
    {
      ...base,
      tiers: [
        { ...open, max_quantity: 4 },
        { ...open, min_quantity: 5 },
      ],
    },
    'body value_error: Value error, Tiers must be contiguous: each min_quantity must equal the previous max_quantity',
  ],
  [
    'a tier that ends before it starts',
    {
      ...base,
      tiers: [
        { ...open, max_quantity: 4 },
        { ...open, min_quantity: 4, max_quantity: 3 },
      ],
    },
    'body value_error: Value error, A tier must end where it starts or later: max_quantity is below min_quantity',
  ],
  [
    'more tiers than anybody means',
    {
      ...base,
      tiers: Array.from({ length: 1001 }, (_, from) => ({ ...open, min_quantity: from, max_quantity: from + 1 })),
    },
    'body value_error: Value error, A price can have at most 1000 tiers',
  ],
  [
    'a quantity below zero',
    { ...base, tiers: [{ ...open, min_quantity: -1 }] },
    'body.tiers.0.min_quantity greater_than_equal: Input should be greater than or equal to 0',
  ],
  [
    'a quantity beyond 1e30',
    { ...base, tiers: [{ ...open, max_quantity: 1e31 }] },
    'body.tiers.0.max_quantity less_than_equal: Input should be less than or equal to 1000000000000000000000000000000',
  ],
  [
    'a cost below zero',
    { ...base, tiers: [{ ...open, fixed_cost: -1 }] },
    'body.tiers.0.fixed_cost greater_than_equal: Input should be greater than or equal to 0',
  ],
  [
    'a cost larger than money can be',
    { ...base, tiers: [{ ...open, fixed_cost: '1e15' }] },
    'body.tiers.0.fixed_cost value_error: Value error, an amount must be below 1000000000000000',
  ],
  [
    'a multiplier of more digits than are kept',
    { ...base, tiers: [{ ...open, multiplier: '0.12345678901234567890123456789' }] },
    'body.tiers.0.multiplier value_error: Value error, an amount must have at most 28 significant digits',
  ],
  [
    'a time without a zone',
    { ...base, valid_from: '2024-01-01T00:00:00', tiers: [open] },
    'body.valid_from timezone_aware: Input should have timezone info',
  ],
  [
    'a type that there is not',
    { ...base, service_type: 'x', tiers: [open] },
    "body.service_type enum: Input should be 'storage', 'oneshot' or 'longrun'",
  ],
]

for (const [what, body, told] of wrongs) {
  test(`422: a price with ${what}`, async () => assert.equal(await fault(body), told))
}

test('422: subtypes are told in their order, and one that was added since among them', async () => {
  const given = { ...base, service_subtype: 'Brain-Wave', tiers: [open] }
  const before = await fault({ ...given, service_subtype: 'brain-wavy' })
  assert.match(
    before,
    /^body\.service_subtype enum: Input should be 'ion-channel-build', 'ion-channel-sim', .* or 'ml-retrieval'$/,
  )
  const add = await doors.ask('POST', '/subtype', { name: 'brain-wave' })
  assert.deepEqual(
    [add.status, add.body],
    [201, { message: 'Subtype added', data: { name: 'brain-wave', legacy: false } }],
  )
  assert.equal((await doors.post(given)).status, 201)
  assert.match(await fault({ ...given, service_subtype: 'brain-wavy' }), /'ml-retrieval' or 'brain-wave'$/)
})

test('201: a subtype becomes legacy and is offered no more; said again it changes nothing', async () => {
  const say = (legacy: boolean) => doors.ask('POST', '/subtype', { name: 'old-sim', legacy })
  assert.equal((await say(false)).status, 201)
  assert.equal((await doors.estimate({ subtype: 'old-sim' })).status, 404)
  for (let time = 0; time < 2; time += 1) {
    const { status, body } = await say(true)
    assert.deepEqual([status, body], [201, { message: 'Subtype added', data: { name: 'old-sim', legacy: true } }])
  }
  assert.equal((await doors.estimate({ subtype: 'old-sim' })).status, 422)
  const { status, body } = await doors.ask('GET', '/subtype')
  const { message, data } = body as Answered<{ name: string; legacy: boolean }[]>
  assert.deepEqual(
    [status, message, data[0], data.at(-1)],
    [200, 'Subtypes fetched', { name: 'ion-channel-build', legacy: false }, { name: 'old-sim', legacy: true }],
  )
  const wrong = await doors.ask('POST', '/subtype', { name: 'No Name' })
  assert.deepEqual([wrong.status, (wrong.body as Refused).details[0]?.loc], [422, ['body', 'name']])
})

test('404: a price for what is no virtual lab', async () => {
  for (const vlab_id of [nobody, project]) {
    const { status, body } = await doors.post({ ...base, vlab_id, tiers: [open] })
    const told = { error_code: 'ENTITY_NOT_FOUND', message: 'Virtual lab not found', details: null }
    assert.deepEqual([status, body], [404, told])
  }
})

test('404, 403: prices, discounts and subtypes that are not those of the own virtual lab are nobody’s to change', async () => {
  const [own, other] = await Promise.all(
    [vlab, otherVlab].map(async (vlab_id) => {
      const { status, body } = await doors.post({ ...base, vlab_id, tiers: [open] })
      assert.equal(status, 201)
      return (body as Answered<PriceRead>).data.id
    }),
  )
  const everywhere = ((await doors.post({ ...base, tiers: [open] })).body as Answered<PriceRead>).data.id
  const since = { discount: '0.5', valid_from: '2024-01-01T00:00:00Z' }
  const given = await doors.ask('POST', '/discount', { ...since, vlab_id: otherVlab })
  const discount = (given.body as Answered<{ id: number }>).data.id
  doors.be({ name: 'lab', role: 'finance', parties: new Set([vlab, project]) })
  const status = async (method: string, path: string, body?: object) => (await doors.ask(method, path, body)).status
  assert.equal(await status('POST', '/price', { ...base, vlab_id: otherVlab, tiers: [open] }), 404)
  assert.equal(await status('POST', '/price', { ...base, tiers: [open] }), 403)
  assert.equal(await status('POST', '/price', { ...base, vlab_id: vlab, tiers: [open] }), 201)
  for (const [id, told] of [
    [other, 404],
    [everywhere, 403],
    [own, 200],
  ]) {
    assert.equal(await status('PATCH', `/price/${id}`, { valid_to: soon(60_000) }), told)
    assert.equal(await status('DELETE', `/price/${id}`), told)
  }
  assert.equal(await status('POST', '/discount', { ...since, vlab_id: otherVlab }), 404)
  assert.equal(await status('POST', '/discount', { ...since, vlab_id: vlab }), 201)
  assert.equal(await status('PATCH', `/discount/${discount}`, { valid_to: soon(60_000) }), 404)
  assert.equal(await status('DELETE', `/discount/${discount}`), 404)
  assert.equal(await status('POST', '/subtype', { name: 'of-one-lab' }), 403)
})
