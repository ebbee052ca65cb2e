import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { JobDesk } from '../../src/jobs/job/commands.ts'
import { usualRules } from '../../src/jobs/rules.ts'
import { openJobSite } from './site.ts'

test('201: by reservation, a later discount does not count; by charge, it does', async (t) => {
  for (const [discountOf, amount] of [
    ['reservation', '1.5'],
    ['charge', '0.75'],
  ] as const) {
    const site = await openJobSite({ JOBS_DISCOUNT_OF: discountOf })
    t.after(() => site.close())
    const project = await site.project(10)
    const job = await site.longrun(project)
    await site.told(project, job, 'started', 0)
    const { vlab_id } = await site.done<{ vlab_id: string }>('GET', `/job/${job}`)
    await site.done('POST', '/discount', { vlab_id, discount: '0.5', valid_from: '2020-01-01T00:00:00Z' })
    await site.told(project, job, 'finished', 50)
    const [{ amount: charged } = {}] = await site.reported(project)
    assert.equal(charged, amount)
    await site.requireProved()
  }
})

test('201: by charge, each charge keeps its discount, and what comes late changes none', async (t) => {
  const site = await openJobSite({ JOBS_DISCOUNT_OF: 'charge' })
  t.after(() => site.close())
  const project = await site.project(100)
  const job = await site.longrun(project)
  const charged = async () => (await site.done<{ amount: string }>('GET', `/job/${job}`)).amount
  await site.told(project, job, 'started', 0)
  await site.told(project, job, 'running', 100)
  assert.equal(await charged(), '2')
  const { vlab_id } = await site.done<{ vlab_id: string }>('GET', `/job/${job}`)
  await site.done('POST', '/discount', { vlab_id, discount: '0.5', valid_from: '2020-01-01T00:00:00Z' })
  await site.told(project, job, 'running', 60)
  assert.equal(await charged(), '2', 'nothing more was used')
  await site.told(project, job, 'finished', 200)
  assert.equal(await charged(), '2.5', 'half of the second hundred seconds')
  await site.told(project, job, 'running', 300)
  assert.equal(await charged(), '2.5', 'it had ended')
  await site.told(project, job, 'finished', 100)
  assert.equal(await charged(), '1.666666667', 'two thirds of it')
  await site.requireProved()
})

test('what a running job holds stays held for as long as it may be silent', async (t) => {
  const site = await openJobSite({ JOBS_RESERVATION_OPEN_SECONDS: '60', CHARGE_LONGRUN_EXPIRATION_INTERVAL: '7200' })
  t.after(() => site.close())
  const project = await site.project(10)
  const job = await site.longrun(project)
  await site.told(project, job, 'started', 100_000 - 10)
  const { reservations } = await site.done<{ reservations: { until: string }[] }>('GET', `/job/${job}`)
  assert.ok(Date.parse(reservations[0]?.until ?? '') > Date.now() + 7_200_000)
})

test('a job that never starts is cancelled when its time is over; when it runs all the same, it is charged', async (t) => {
  const site = await openJobSite()
  t.after(() => site.close())
  const { counter, desk } = site.jobs
  const rules = { ...usualRules, openSeconds: 0 }
  const strict = new JobDesk(counter, desk.prices, 'CREDIT', rules, async () => (await desk.billing()).provider)
  const project = await site.project(10)
  for (const type of ['oneshot', 'longrun'] as const) {
    const job = await site[type](project)
    await desk.expire(job)
    assert.equal((await site.balance(project)).reservation, '2.00', 'not yet')
    await strict.expire(job)
    assert.deepEqual(await site.balance(project), { proj_id: project, balance: '10.00', reservation: '0.00' })
    assert.deepEqual(await site.reported(project), [])
    const refused = await site.ask('DELETE', `/reservation/${type}/${job}`)
    assert.deepEqual([refused.status, refused.text.includes('JOB_ALREADY_CANCELLED')], [400, true])
    await site.requireProved()
  }
  const late = await site.oneshot(project)
  await strict.expire(late)
  await site.used(project, late, 0, 50)
  const [{ job_id: id, amount } = {}] = await site.reported(project)
  assert.deepEqual([id, amount, (await site.balance(project)).balance], [late, '1.5', '8.50'])
  await site.requireProved()
})

test('201: storage of years ago is told in any order where usage may be told so late', async (t) => {
  const day = 86_400
  const site = await openJobSite({ MAX_PAST_EVENT_TIMEDELTA: String(900 * day) })
  t.after(() => site.close())
  const levels = [
    [-600 * day, 1],
    [-590 * day, 2],
    [-500 * day, 0],
  ] as const
  const [first, second, last] = levels
  for (const told of [levels, [first, last, second]]) {
    const project = await site.project(0)
    for (const [at, size] of told) await site.stored(project, at, size)
    const jobs = await site.reported(project)
    assert.deepEqual(
      jobs.map(({ size, duration, amount }) => [size, duration, amount]),
      [
        [2, 90 * day, '155520'],
        [1, 10 * day, '8640'],
      ],
    )
  }
  await site.requireProved()
})
