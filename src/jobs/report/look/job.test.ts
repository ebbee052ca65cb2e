import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { everybody } from '../../../http/testing.ts'
import { openReports } from '../testing.ts'

const scene = await openReports({ after })
const { done, lab, project, other, user, at, oneshot, longrun, used, told, stored, report } = scene

type Step = { readonly amount: string; readonly formula: string; readonly [field: string]: unknown }
type Whole = {
  readonly state: string
  readonly amount: string
  readonly cost: {
    readonly units: number
    readonly unit: string
    readonly amount: string
    readonly remark: string | null
    readonly runs: readonly object[]
    readonly steps: readonly Step[]
  }
  readonly discount: { readonly discount: string } | null
  readonly price: { readonly id: number } | null
  readonly reserved: object
  readonly reservations: readonly { readonly id: string; readonly state: string; readonly held: string }[]
  readonly charges: readonly { readonly id: string; readonly amount: string; readonly refunds: readonly object[] }[]
  readonly events: readonly { readonly status: string; readonly timestamp: number }[]
  readonly problems: readonly { readonly reason: string }[]
}
const read = async (job: string) => (await done('GET', `/job/${job}`)) as Whole

test('200: a oneshot job says what was reserved, told and charged, by which price, and why it cost that', async () => {
  const id = await oneshot({ name: 'n', group_id: user })
  const reserved = await read(id)
  assert.deepEqual(
    [reserved.state, reserved.amount, reserved.cost.amount, reserved.cost.units],
    ['reserved', '0', '0', 0],
  )
  assert.deepEqual(reserved.reserved, {
    amount: '1.5',
    count: 100,
    duration: null,
    instances: null,
    instance_type: null,
  })
  await used(id, 387, at)
  const found = await read(id)
  const [step] = found.cost.steps
  assert.equal(found.amount, '4.37')
  assert.deepEqual(found.cost, { ...found.cost, units: 387, unit: 'count', amount: '4.37', remark: null, runs: [] })
  assert.equal(step?.formula, '0.5 + 0.01 × 387 = 4.37')
  assert.equal(step['price_id'], found.price?.id)
  assert.match(found.reservations[0]?.id ?? '', /^res_\d+$/)
  assert.deepEqual(
    found.reservations.map(({ state, held }) => [state, held]),
    [['settled', '0']],
  )
  assert.match(found.charges[0]?.id ?? '', /^set_\d+$/)
  assert.deepEqual(
    found.charges.map(({ amount, refunds }) => [amount, refunds]),
    [['4.37', []]],
  )
  assert.deepEqual(
    found.events.map(({ status, timestamp }) => [status, timestamp]),
    [['oneshot', at]],
  )
  assert.deepEqual([found.state, found.problems], ['finished', []])
})

test('200: a longrun job says from when to when it ran with how many instances, and what each tier came to', async () => {
  const id = await longrun()
  await told(id, 'started', at, { instances: 2 })
  await told(id, 'running', at + 30)
  await told(id, 'running', at + 60, { instances: 5 })
  await told(id, 'finished', at + 70)
  const { cost, amount, events } = await read(id)
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000', '')
  assert.deepEqual(cost.runs, [
    { from: time(at), to: time(at + 60), seconds: 60, instances: 2, units: 120 },
    { from: time(at + 60), to: time(at + 70), seconds: 10, instances: 5, units: 50 },
  ])
  assert.deepEqual([cost.units, cost.unit, cost.amount, amount], [170, 'instance-seconds', '2.57', '2.57'])
  const [step] = cost.steps
  assert.equal(step?.formula, '1.5 + 0.01 × 100 + 0.001 × 70 = 2.57')
  assert.deepEqual(step['tiers'], [
    { min_quantity: 0, max_quantity: 100, fixed_cost: '1.5', multiplier: '0.01', units: 100, amount: '2.5' },
    { min_quantity: 100, max_quantity: null, fixed_cost: '0', multiplier: '0.001', units: 70, amount: '0.07' },
  ])
  assert.deepEqual(
    events.map(({ status }) => status),
    ['started', 'running', 'running', 'finished'],
  )
})

test('200: a finish that comes late and earlier gives back, and both charges and refunds add up to the amount', async () => {
  const id = await longrun()
  await told(id, 'started', at, { instances: 1 })
  await told(id, 'running', at + 90)
  await told(id, 'finished', at + 50)
  const { amount, charges, cost, problems, state } = await read(id)
  assert.deepEqual([amount, cost.amount, cost.remark, state, problems], ['2', '2', null, 'finished', []])
  const back = charges.flatMap(({ refunds }) => refunds as { id: string; amount: string }[])
  assert.match(back[0]?.id ?? '', /^ref_\d+$/)
  const sum = (of: readonly { readonly amount: string }[]) => of.reduce((all, each) => all + Number(each.amount), 0)
  assert.equal((sum(charges) - sum(back)).toFixed(9), '2.000000000')
})

test('200: a discount stands among the steps, and rounding where there is some', async () => {
  const vlab = { id: randomUUID(), name: 'With a discount', balance: 100 }
  const proj = randomUUID()
  await done('POST', '/account/virtual-lab', vlab)
  await done('POST', '/account/project', { id: proj, name: 'p', vlab_id: vlab.id })
  await done('POST', '/budget/assign', { vlab_id: vlab.id, proj_id: proj, amount: 50 })
  await done('POST', '/discount', { vlab_id: vlab.id, discount: '0.33333', valid_from: '2020-01-01T00:00:00Z' })
  await done('POST', '/price', {
    service_type: 'oneshot',
    service_subtype: 'ml-llm',
    valid_from: '2020-01-01T00:00:00Z',
    valid_to: null,
    vlab_id: vlab.id,
    fixed_cost: 0,
    multiplier: '0.00001',
  })
  const id = await oneshot({ proj_id: proj })
  await used(id, 7, at, { proj_id: proj })
  const { cost, amount, discount } = await read(id)
  assert.equal(discount?.discount, '0.33333')
  assert.deepEqual([amount, cost.amount, cost.remark], ['0.000046667', '0.000046667', null])
  assert.equal(
    cost.steps[0]?.formula,
    '0.00001 × 7 = 0.00007; 0.00007 × (1 − 0.33333) = 0.0000466669; 0.0000466669 is rounded to 0.000046667',
  )
})

test('200: storage says what it cost from change of price to change of price', async () => {
  await stored(1_000_000, at)
  await stored(0, at + 100)
  const { items } = await report(`/report/project/${project}?type=storage`)
  const [item] = items
  const { cost, amount, state, price } = await read(String(item?.['job_id']))
  assert.deepEqual(
    [state, price, amount, cost.amount, cost.units, cost.unit],
    ['finished', null, '100', '100', 100_000_000, 'byte-seconds'],
  )
  assert.equal(cost.steps[0]?.formula, '0.000001 × 100000000 = 100')
  assert.deepEqual([cost.steps[0]['seconds'], cost.steps[0]['size']], [100, 1_000_000])
})

test('200: a released job is cancelled and cost nothing', async () => {
  const id = await longrun()
  await done('DELETE', `/reservation/longrun/${id}`)
  const { state, amount, reservations, charges } = await read(id)
  assert.deepEqual([state, amount, charges], ['cancelled', '0', []])
  assert.deepEqual(
    reservations.map((reservation) => reservation.state),
    ['released'],
  )
})

test('404, 422: no job of that id, and no id', async () => {
  const { status, body } = await scene.ask('GET', `/job/${lab}`)
  assert.deepEqual(
    [status, body],
    [404, { error_code: 'ENTITY_NOT_FOUND', message: 'The specified job cannot be found', details: null }],
  )
  assert.equal((await scene.ask('GET', '/job/5')).status, 422)
})

test('200: usage that could not be charged is a problem that operators see, newest first', async () => {
  const unknown = randomUUID()
  await used(unknown, 3, at)
  const id = await oneshot()
  await used(id, 3, at, { proj_id: scene.other })
  const { items, meta } = await report('/problem')
  assert.equal(meta.total_items, 2)
  assert.equal((items[1]?.['usage'] as { count: unknown } | undefined)?.count, 3)
  assert.match(String(items[0]?.['operation']), /^op_\d+$/)
  assert.deepEqual(items, [
    { ...items[0], reason: 'the job belongs to another project', proj_id: scene.other, job_id: id },
    { ...items[1], reason: 'unknown job', proj_id: project, job_id: unknown },
  ])
  const only = async (query: string) => (await report(`/problem?${query}`)).items.map(({ job_id: job }) => job)
  assert.deepEqual(await only(`proj_id=${project}`), [unknown])
  assert.deepEqual(await only(`job_id=${id}`), [id])
  assert.deepEqual(await only('page=2&page_size=1'), [unknown])
  assert.deepEqual(await only(`job_id=${lab}`), [])
  assert.deepEqual(
    (await read(id)).problems.map(({ reason }) => reason),
    ['the job belongs to another project'],
  )
  assert.equal((await scene.ask('GET', '/problem?proj_id=x')).status, 422)
})

test('201: to a key for others a job is not there: what it tells of it is taken, and not left at the job', async () => {
  const id = await oneshot()
  const running = await longrun()
  scene.be({ name: 'site:other', role: 'service', parties: new Set([scene.other]) })
  const mine = { proj_id: scene.other }
  const unknown = randomUUID()
  assert.deepEqual([await used(id, 3, at, mine), await used(unknown, 3, at, mine)], [null, null])
  await told(running, 'started', at, { ...mine, instances: 1 })
  scene.be(everybody)
  const { items } = await report(`/problem?proj_id=${scene.other}&page_size=3`)
  assert.deepEqual(
    items.map(({ reason, job_id: job, usage }) => [reason, job, (usage as { job_id: string }).job_id]),
    [
      ['unknown job', null, running],
      ['unknown job', unknown, unknown],
      ['unknown job', null, id],
    ],
  )
  for (const job of [id, running]) {
    const { problems, state } = await read(job)
    assert.deepEqual([problems, state], [[], 'reserved'])
  }
  // Of its own projects a key is told which of them a job belongs to.
  scene.be({ name: 'site:both', role: 'service', parties: new Set([scene.other, project]) })
  await used(id, 3, at, mine)
  scene.be(everybody)
  assert.deepEqual(
    (await read(id)).problems.map(({ reason }) => reason),
    ['the job belongs to another project'],
  )
})

test('200: where later prices would make it cost something else, the remark says what becomes of that', async () => {
  const store = (size: number, before: number) =>
    done('POST', '/usage/storage', {
      type: 'storage',
      subtype: 'pair-sim',
      proj_id: other,
      size,
      timestamp: at - before,
    })
  const price = (from: number, multiplier: string) =>
    done('POST', '/price', {
      service_type: 'storage',
      service_subtype: 'pair-sim',
      valid_from: at - from,
      valid_to: null,
      vlab_id: null,
      fixed_cost: 0,
      multiplier,
    })
  await price(900, '0.001')
  for (const [size, before] of [
    [1, 1000],
    [2, 800],
    [3, 700],
  ] as const) {
    await store(size, before)
  }
  const { items } = await report(`/report/project/${other}?subtype=pair-sim`)
  const [ended, lacking] = items.map((item) => String(item['job_id'])) as [string, string]
  assert.equal(
    (await read(lacking)).cost.remark,
    'A part of the time has no price: add one, and tell it again, to charge it.',
  )
  assert.equal((await read(ended)).cost.remark, null)
  await price(850, '0.0005')
  const { amount, cost } = await read(ended)
  assert.deepEqual([amount, cost.amount], ['0.2', '0.1'])
  assert.match(
    cost.remark ?? '',
    /^Prices or discounts were given for this time after it was charged\. What has ended /,
  )
})
