import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { everybody } from '../../http/testing.ts'
import { nanosFrom } from '../../values/money.ts'
import { openJobDoors } from '../testing.ts'

const doors = await openJobDoors({ after })
await doors.ask('POST', '/account/system', { id: randomUUID(), name: 'System' })
const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const now = Math.floor(Date.now() / 1000)
type Answer = { message: string; data: { job_id: string; amount: string } }
type Refusal = { error_code: string; message: string; details: unknown }

const ask = async (method: string, path: string, body?: unknown) => {
  const { status, body: said } = await doors.ask(method, path, body)
  return { status, ...(said as Answer) }
}
const refused = async (method: string, path: string, body?: unknown) => {
  const { status, body: said } = await doors.ask(method, path, body)
  return { status, ...(said as Refusal) }
}

for (const [type, subtype, tiers] of [
  ['oneshot', 'ml-llm', [{ min_quantity: 0, max_quantity: null, fixed_cost: '1.5', multiplier: '0.00001' }]],
  ['longrun', 'notebook', [{ min_quantity: 0, fixed_cost: 0, multiplier: '0.01' }]],
  ['storage', 'storage', [{ min_quantity: 0, fixed_cost: 0, multiplier: '0.000001' }]],
] as const) {
  const price = { service_type: type, service_subtype: subtype, valid_from: '2020-01-01T00:00:00Z', valid_to: null }
  const made = await doors.ask('POST', '/price', { ...price, vlab_id: null, tiers })
  assert.equal(made.status, 201)
}

async function projectWith(amount: string) {
  doors.be(everybody)
  const [vlab, project] = [randomUUID(), randomUUID()]
  await doors.ask('POST', '/account/virtual-lab', { id: vlab, name: 'Lab' })
  await doors.ask('POST', '/account/project', { id: project, name: 'Project', vlab_id: vlab })
  const grant = { owner: project, currency: 'CREDIT', nanos: nanosFrom(amount), origin: 'gift', expiresAt: null }
  if (amount !== '0') await doors.credits.grant({ principal: 'tester', key: randomUUID() }, grant)
  return { vlab, project }
}

const oneshotOf = (project: string, more: object = {}) => ({
  type: 'oneshot',
  subtype: 'ml-llm',
  proj_id: project,
  user_id: randomUUID(),
  count: 1000,
  ...more,
})
const longrunOf = (project: string, more: object = {}) => ({
  type: 'longrun',
  subtype: 'notebook',
  proj_id: project,
  user_id: randomUUID(),
  duration: 100,
  instances: 2,
  instance_type: 'small',
  ...more,
})

async function balanceOf(project: string) {
  const { data } = await ask('GET', `/balance/project/${project}`)
  const { balance, reservation } = data as unknown as { balance: string; reservation: string }
  return [balance, reservation]
}

test('201: usage that costs more than accounts can hold is kept as a problem, and the job can be told again', async () => {
  const { project } = await projectWith('10')
  const { data } = await ask('POST', '/reservation/longrun', longrunOf(project))
  const { duration: _, user_id: __, ...event } = longrunOf(project, { job_id: data.job_id })
  const tell = async (status: string, timestamp: number, instances: number) =>
    (await ask('POST', '/usage/longrun', { ...event, status, timestamp, instances })).status
  const many = Number.MAX_SAFE_INTEGER
  assert.equal(await tell('started', now - 3_000_000, many), 201)
  assert.equal(await tell('running', now - 1000, many), 201)
  assert.equal(await tell('finished', now - 3_000_000, many), 201)
  const { data: kept } = await ask('GET', '/problem?page_size=1')
  const [last] = (kept as unknown as { items: { reason: string; job_id: string }[] }).items
  assert.deepEqual([last?.reason, last?.job_id], ['it would cost more than accounts can hold', data.job_id])
  const [, reservation] = await balanceOf(project)
  assert.equal(reservation, '0.00')
})

test('404: no job begins in a virtual lab that is disabled, and those that run are charged', async () => {
  const { vlab, project } = await projectWith('10')
  const { data } = await ask('POST', '/reservation/oneshot', oneshotOf(project))
  await ask('PATCH', `/account/virtual-lab/${vlab}`, { enabled: false })
  const late = await refused('POST', '/reservation/oneshot', oneshotOf(project))
  assert.deepEqual([late.status, late.message], [404, 'Account not found'])
  const { user_id: _, ...used } = oneshotOf(project, { job_id: data.job_id, timestamp: now })
  assert.equal((await ask('POST', '/usage/oneshot', used)).status, 201)
  assert.deepEqual(await balanceOf(project), ['8.49', '0.00'])
  await ask('PATCH', `/account/virtual-lab/${vlab}`, { enabled: true })
  assert.equal((await ask('POST', '/reservation/oneshot', oneshotOf(project))).status, 201)
})

test('201: a oneshot reservation holds what it will cost, and its usage is charged at once', async () => {
  const { project } = await projectWith('10')
  const held = await ask('POST', '/reservation/oneshot', oneshotOf(project))
  assert.deepEqual([held.status, held.message, held.data.amount], [201, 'Oneshot reservation executed', '1.51'])
  assert.match(held.data.job_id, v4)
  assert.deepEqual(await balanceOf(project), ['8.49', '1.51'])
  const { data } = held
  const usage = {
    type: 'ONESHOT',
    subtype: 'ml-llm',
    proj_id: project,
    job_id: data.job_id,
    count: '500',
    timestamp: String(now),
    name: null,
  }
  assert.deepEqual(await doors.ask('POST', '/usage/oneshot', usage).then(({ status, body }) => ({ status, body })), {
    status: 201,
    body: { message: 'Oneshot usage received', data: null },
  })
  assert.deepEqual(await balanceOf(project), ['8.50', '0.00'], '8.495, half to even')
})

test('402: beyond what the project has', async () => {
  const { project } = await projectWith('1')
  assert.deepEqual(await refused('POST', '/reservation/oneshot', oneshotOf(project)), {
    status: 402,
    error_code: 'INSUFFICIENT_FUNDS',
    message: 'Reservation not allowed because of insufficient funds',
    details: { requested_amount: '1.51' },
  })
})

test('404: no such project, no price, no job', async () => {
  const { project, vlab } = await projectWith('1')
  const nobody = await refused('POST', '/reservation/oneshot', oneshotOf(randomUUID()))
  assert.deepEqual([nobody.status, nobody.error_code, nobody.message], [404, 'ENTITY_NOT_FOUND', 'Account not found'])
  const free = await refused('POST', '/reservation/oneshot', oneshotOf(project, { subtype: 'pair-sim' }))
  assert.deepEqual([free.status, free.error_code], [404, 'ENTITY_NOT_FOUND'])
  assert.match(free.message, new RegExp(`^Missing price for: ${vlab} oneshot pair-sim \\d{4}-`))
  const gone = await refused('DELETE', `/reservation/longrun/${randomUUID()}`)
  assert.deepEqual([gone.status, gone.message], [404, 'The specified job cannot be found'])
})

test('422: each field says what is wrong with it', async () => {
  const { project } = await projectWith('1')
  const wrong = await refused(
    'POST',
    '/reservation/oneshot',
    oneshotOf(project, { count: 1.5, more: 1, user_id: 'me' }),
  )
  assert.deepEqual([wrong.status, wrong.error_code, wrong.message], [422, 'INVALID_REQUEST', 'Validation error'])
  const types = (wrong.details as { type: string; loc: string[] }[]).map(({ type, loc }) => `${type} ${loc.join('.')}`)
  assert.deepEqual(types.sort(), [
    'extra_forbidden body.more',
    'int_from_float body.count',
    'uuid_parsing body.user_id',
  ])
  const legacy = await refused('POST', '/reservation/oneshot', oneshotOf(project, { subtype: 'ml-rag' }))
  assert.deepEqual(legacy.details, [
    { type: 'value_error', loc: ['body'], msg: 'Value error, subtype `ml-rag` is legacy', ctx: { error: {} } },
  ])
  for (const timestamp of [now - 3024000 - 5, now + 330]) {
    const usage = { type: 'oneshot', subtype: 'ml-rag', proj_id: project, job_id: randomUUID(), count: 1, timestamp }
    const late = await refused('POST', '/usage/oneshot', usage)
    assert.equal(late.status, 422)
    assert.deepEqual((late.details as { loc: string[] }[])[0]?.loc, ['body', 'timestamp'])
  }
  const usage = {
    type: 'oneshot',
    subtype: 'ml-llm',
    proj_id: project,
    job_id: randomUUID(),
    count: 1,
    timestamp: 'soon',
  }
  const unread = await refused('POST', '/usage/oneshot', usage)
  assert.deepEqual((unread.details as { loc: string[] }[])[0]?.loc, ['body', 'timestamp', 0])
})

test('200 and 400: what has not started can be released once', async () => {
  const { project } = await projectWith('10')
  const { data } = await ask('POST', '/reservation/longrun', longrunOf(project))
  assert.equal(data.amount, '2')
  const other = await refused('DELETE', `/reservation/oneshot/${data.job_id}`)
  assert.equal(other.status, 404)
  const released = await ask('DELETE', `/reservation/longrun/${data.job_id}`)
  assert.deepEqual(
    [released.status, released.message, released.data],
    [200, 'Longrun reservation has been released', { job_id: data.job_id, amount: '2' }],
  )
  const again = await refused('DELETE', `/reservation/longrun/${data.job_id}`)
  assert.deepEqual([again.status, again.error_code], [400, 'JOB_ALREADY_CANCELLED'])
  const next = await ask('POST', '/reservation/longrun', longrunOf(project))
  const told = { type: 'longrun', subtype: 'notebook', proj_id: project, job_id: next.data.job_id, timestamp: now - 50 }
  await ask('POST', '/usage/longrun', { ...told, status: 'STARTED', instances: '2', instance_type: null, name: null })
  const started = await refused('DELETE', `/reservation/longrun/${next.data.job_id}`)
  assert.deepEqual([started.status, started.error_code], [400, 'JOB_ALREADY_STARTED'])
  const done = await ask('POST', '/usage/longrun', { ...told, status: 'finished', timestamp: now })
  assert.deepEqual([done.status, done.message, done.data], [201, 'Longrun usage received', null])
  assert.deepEqual(await balanceOf(project), ['9.00', '0.00'])
})

test('201: usage that belongs nowhere is taken, and blocks nobody', async () => {
  const { project } = await projectWith('10')
  const usage = { type: 'oneshot', subtype: 'ml-llm', proj_id: project, job_id: randomUUID(), count: 1, timestamp: now }
  assert.equal((await ask('POST', '/usage/oneshot', usage)).status, 201)
  const stored = { type: 'storage', proj_id: randomUUID(), size: 10, timestamp: now }
  assert.equal((await ask('POST', '/usage/storage', stored)).status, 201)
  assert.deepEqual(await balanceOf(project), ['10.00', '0.00'])
})

test('201: storage is charged to the end of each level', async () => {
  const { project } = await projectWith('10')
  const told = { type: 'storage', proj_id: project, size: '1000', timestamp: now - 1000 }
  const { status, message, data } = await ask('POST', '/usage/storage', told)
  assert.deepEqual([status, message, data], [201, 'Storage usage received', null])
  await ask('POST', '/usage/storage', { ...told, size: 0, timestamp: now })
  assert.deepEqual(await balanceOf(project), ['9.00', '0.00'])
})

test('201: storage of a project that is disabled ends when it is told, and none begins there', async () => {
  const [one, none] = [(await projectWith('10')).project, (await projectWith('10')).project]
  const told = { type: 'storage', proj_id: one, size: '1000', timestamp: now - 1000 }
  await ask('POST', '/usage/storage', told)
  for (const project of [one, none]) await ask('PATCH', `/account/project/${project}`, { enabled: false })
  await ask('POST', '/usage/storage', { ...told, size: 0, timestamp: now - 500 })
  // It stored something once, and does no more: not from its end on, nor later.
  for (const timestamp of [now - 500, now - 200]) await ask('POST', '/usage/storage', { ...told, timestamp })
  await ask('POST', '/usage/storage', { ...told, proj_id: none })
  for (const project of [one, none]) await ask('PATCH', `/account/project/${project}`, { enabled: true })
  await ask('POST', '/usage/storage', { ...told, timestamp: now })
  assert.deepEqual(
    [await balanceOf(one), await balanceOf(none)],
    [
      ['9.50', '0.00'],
      ['10.00', '0.00'],
    ],
  )
})

test('404 and 201: what belongs to others is not there', async () => {
  const mine = await projectWith('10')
  const other = await projectWith('10')
  const { data } = await ask('POST', '/reservation/oneshot', oneshotOf(other.project))
  doors.be({ name: 'site:service', role: 'service', parties: new Set([mine.project]) })
  assert.equal((await ask('POST', '/reservation/oneshot', oneshotOf(mine.project))).status, 201)
  assert.equal((await refused('POST', '/reservation/oneshot', oneshotOf(other.project))).status, 404)
  assert.equal((await refused('DELETE', `/reservation/oneshot/${data.job_id}`)).status, 404)
  const usage = {
    type: 'oneshot',
    subtype: 'ml-llm',
    proj_id: other.project,
    job_id: data.job_id,
    count: 1,
    timestamp: now,
  }
  assert.equal((await refused('POST', '/usage/oneshot', usage)).status, 404)
})

test('201, 404: a job that was reserved under a key is answered again when it has no price any more', async () => {
  const { project } = await projectWith('10')
  const subtype = { name: `only-${randomUUID()}` }
  assert.equal((await doors.ask('POST', '/subtype', subtype)).status, 201)
  const span = { valid_from: '2020-01-01T00:00:00Z', valid_to: null }
  const tiers = [{ min_quantity: 0, fixed_cost: 0, multiplier: '0.001' }]
  const wanted = { service_type: 'oneshot', service_subtype: subtype.name, ...span, vlab_id: null, tiers }
  const price = (await doors.ask('POST', '/price', wanted)).body as { data: { id: number } }
  const body = oneshotOf(project, { subtype: subtype.name })
  const key = { 'idempotency-key': randomUUID() }
  const first = await doors.ask('POST', '/reservation/oneshot', body, key)
  assert.equal(first.status, 201)
  await doors.ask('DELETE', `/price/${price.data.id}`)
  const second = await doors.ask('POST', '/reservation/oneshot', body, key)
  assert.deepEqual([second.status, second.body], [201, first.body])
  assert.equal((await doors.ask('POST', '/reservation/oneshot', { ...body, count: 7 }, key)).status, 409)
  assert.equal((await doors.ask('POST', '/reservation/oneshot', body)).status, 404)
})

test('201: that a job ended before something that was told of it is kept for the operator, in whatever order', async () => {
  const { project } = await projectWith('10')
  const events = [
    ['started', 0],
    ['running', 100],
    ['finished', -50],
  ] as const
  for (const order of [events, events.toReversed()]) {
    const { data } = await ask('POST', '/reservation/longrun', longrunOf(project))
    for (const [status, at] of order) {
      const { user_id: _, duration: __, instances: ___, ...told } = longrunOf(project)
      await ask('POST', '/usage/longrun', { ...told, job_id: data.job_id, status, timestamp: now - 1000 + at })
    }
    const { body } = await doors.ask('GET', `/problem?proj_id=${project}`)
    const { items } = (body as { data: { items: { reason: string; job_id: string }[] } }).data
    assert.deepEqual(
      items.filter(({ job_id: job }) => job === data.job_id).map(({ reason }) => reason),
      ['the job had ended'],
    )
  }
})
