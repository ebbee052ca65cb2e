import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openJobSite } from './site.ts'

const ranOut = 'the project ran out of credits while the job ran'

for (const [policy, balance, absorbed] of [
  ['warn', '-3.50', '0'],
  ['stop', '-3.50', '0'],
  ['floor', '0.00', '3.5'],
] as const) {
  test(`201, 402: a job that costs more than its project has, by ${policy}`, async (t) => {
    const site = await openJobSite({ JOBS_RUN_OUT: policy })
    t.after(() => site.close())
    const counted = () => site.metric('bursar_jobs_ran_out_total')
    const project = await site.project(2.5)
    const job = await site.longrun(project)
    await site.told(project, job, 'started', 0)
    await site.told(project, job, 'running', 100)
    assert.deepEqual(
      [await counted(), await site.problems(project)],
      ['0', []],
      'what it held is used up, and there is more',
    )
    await site.told(project, job, 'running', 200)
    assert.deepEqual([await counted(), await site.problems(project)], ['1', [ranOut]])
    await site.told(project, job, 'finished', 500)
    assert.deepEqual(await site.balance(project), { proj_id: project, balance, reservation: '0.00' })
    assert.deepEqual([await counted(), await site.problems(project)], ['1', [ranOut]], 'it is told once')
    assert.equal(site.lines.filter((line) => line.includes(project) && line.includes('ran out')).length, 1)
    const { charges } = await site.done<{ charges: { absorbed: string }[] }>('GET', `/job/${job}`)
    assert.equal(String(charges.reduce((sum, each) => sum + Number(each.absorbed), 0)), absorbed)
    const user_id = randomUUID()
    const nothing = { type: 'oneshot', subtype: 'ml-llm', proj_id: project, user_id, count: 0 }
    // By the reference service, nothing is more than there is where there is less than nothing.
    const { status } = await site.ask('POST', '/reservation/oneshot', nothing)
    assert.equal(status, policy === 'floor' ? 201 : 402)
    await site.requireProved()
  })
}

test('402: by stop, a project that has nothing left gets no jobs that cost nothing either', async (t) => {
  const site = await openJobSite({ JOBS_RUN_OUT: 'stop' })
  t.after(() => site.close())
  const project = await site.project(0)
  const nothing = { type: 'oneshot', subtype: 'ml-llm', proj_id: project, user_id: randomUUID(), count: 0 }
  const { status, text } = await site.ask('POST', '/reservation/oneshot', nothing)
  assert.deepEqual([status, text.includes('INSUFFICIENT_FUNDS')], [402, true])
})

for (const policy of ['warn', 'floor'] as const) {
  test(`201: storage that costs more than its project has is told of once, by ${policy}`, async (t) => {
    const site = await openJobSite({ JOBS_RUN_OUT: policy })
    t.after(() => site.close())
    const project = await site.project(5)
    for (const second of [0, 100, 200, 300]) await site.stored(project, second, 3 + second)
    assert.deepEqual(await site.problems(project), [ranOut])
    const { balance } = await site.balance(project)
    assert.equal(balance, policy === 'floor' ? '0.00' : '-304.00')
    assert.equal(await site.metric('bursar_jobs_ran_out_total'), '1')
    await site.requireProved()
  })
}

test('figures tell how jobs stand', async (t) => {
  const site = await openJobSite()
  t.after(() => site.close())
  const project = await site.project(50)
  const [running] = [await site.longrun(project), await site.longrun(project), await site.oneshot(project)]
  await site.told(project, running, 'started', 0)
  await site.told(project, randomUUID(), 'started', 0)
  const figures = [
    `bursar_jobs_open{type="longrun"}`,
    `bursar_jobs_open{type="oneshot"}`,
    `bursar_jobs_silent{type="longrun"}`,
    `bursar_jobs_problems{reason="unknown job"}`,
  ]
  const told = await Promise.all(figures.map((figure) => site.metric(figure)))
  assert.deepEqual(told, ['2', '1', '1', '1'])
})

test('201: by floor, a report tells what was taken', async (t) => {
  const site = await openJobSite({ JOBS_RUN_OUT: 'floor' })
  t.after(() => site.close())
  const project = await site.project(2)
  const job = await site.longrun(project)
  await site.told(project, job, 'started', 0)
  await site.told(project, job, 'finished', 500)
  const [{ amount } = {}] = await site.reported(project)
  const told = await site.done<{ amount: string; cost: { amount: string; remark: string } }>('GET', `/job/${job}`)
  assert.deepEqual([amount, told.amount, told.cost.amount], ['2', '2', '6'])
  assert.match(told.cost.remark, /nothing left: 4 of it nobody paid/)
  assert.equal((await site.balance(project)).balance, '0.00')
  await site.requireProved()
})

test('201: by floor, a job that used less than was told has paid that, in whatever order it is told', async (t) => {
  const site = await openJobSite({ JOBS_RUN_OUT: 'floor' })
  t.after(() => site.close())
  const project = await site.project(2)
  for (const told of [
    ['finished', 'running'],
    ['running', 'finished'],
  ] as const) {
    const job = await site.longrun(project)
    await site.told(project, job, 'started', 0)
    for (const status of told) await site.told(project, job, status, status === 'running' ? 500 : 50)
    const [{ amount } = {}] = await site.reported(project)
    const { balance } = await site.balance(project)
    // Told late, of six two were paid, and the job cost one and a half.
    assert.deepEqual([amount, balance], ['1.5', '0.50'])
    await site.requireProved()
    const { vlab_id } = await site.done<{ vlab_id: string }>('GET', `/account/project/${project}`)
    await site.done('POST', '/budget/assign', { vlab_id, proj_id: project, amount: 1.5 })
  }
})
