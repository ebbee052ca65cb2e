import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { type JobSite, openJobSite, start } from './site.ts'

/** 1 for a job that used anything, and 0.01 for each second of an instance; 100 seconds are reserved. */
let site: JobSite
before(async () => {
  site = await openJobSite()
})
after(() => site.close())

type Step =
  | readonly ['started' | 'running' | 'finished', number, Readonly<Record<string, unknown>>?]
  | readonly ['oneshot', number, number]
  | 'expire'
  | 'release'
type Ends = {
  readonly amount: string
  readonly started: number
  readonly finished: number
  readonly cancelled?: true
  readonly problems?: readonly string[]
  readonly reserve?: Readonly<Record<string, unknown>>
}

const ended = 'the job had ended'
const cases: readonly (readonly [string, readonly Step[], Ends])[] = [
  [
    'finish before any other charge',
    [
      ['started', 0],
      ['finished', 50],
    ],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'finish between charges',
    [
      ['started', 0],
      ['running', 30],
      ['finished', 50],
      ['running', 40],
    ],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'finish told after a charge beyond it',
    [
      ['started', 0],
      ['running', 80],
      ['finished', 50],
    ],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'started twice',
    [
      ['started', 0],
      ['started', 20],
      ['started', 0],
      ['finished', 50],
    ],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'heartbeat lost, then back',
    [['started', 0], ['running', 10], 'expire', ['running', 60], ['finished', 70]],
    { amount: '1.7', started: 0, finished: 70 },
  ],
  [
    'heartbeat lost for good: charged to the last sign of life',
    [['started', 0], ['running', 10], 'expire', 'expire'],
    { amount: '1.1', started: 0, finished: 10, cancelled: true },
  ],
  [
    'finish after expiry',
    [['started', 0], ['running', 10], 'expire', ['finished', 50]],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'finish told after expiry for a time before the last sign of life',
    [['started', 0], ['running', 30], 'expire', ['finished', 20]],
    { amount: '1.2', started: 0, finished: 20 },
  ],
  [
    'duration beyond the reservation',
    [
      ['started', 0],
      ['running', 300],
      ['finished', 500],
    ],
    { amount: '6', started: 0, finished: 500 },
  ],
  [
    'instances changed while it runs',
    [
      ['started', 0, { instances: 1 }],
      ['running', 10, { instances: 4 }],
      ['running', 15],
      ['finished', 20],
    ],
    { amount: '1.5', started: 0, finished: 20 },
  ],
  [
    'started without instances: as many as were reserved',
    [
      ['started', 0, { instances: null }],
      ['finished', 50],
    ],
    { amount: '2', started: 0, finished: 50, reserve: { instances: 2 } },
  ],
  [
    'no instance at all',
    [
      ['started', 0, { instances: 0 }],
      ['finished', 50],
    ],
    { amount: '0', started: 0, finished: 50 },
  ],
  ['finish without a start', [['finished', 50]], { amount: '0', started: 50, finished: 50 }],
  [
    'a sign of life without a start',
    [
      ['running', 10],
      ['finished', 50],
    ],
    { amount: '1.4', started: 10, finished: 50 },
  ],
  [
    'a job that was released and starts all the same',
    ['release', ['started', 0], ['running', 10], ['finished', 50]],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'a job that was released, and of which only the end is told',
    ['release', ['finished', 50]],
    { amount: '0', started: 50, finished: 50 },
  ],
  [
    'a job that nothing was reserved for',
    [
      ['started', 0],
      ['finished', 50],
    ],
    { amount: '1.5', started: 0, finished: 50, reserve: { duration: 0 } },
  ],
  [
    'the end told first, the start last',
    [
      ['finished', 50],
      ['running', 30],
      ['running', 20],
      ['started', 0],
    ],
    { amount: '1.5', started: 0, finished: 50 },
  ],
  [
    'two ends: the earlier, in whatever order',
    [
      ['started', 0],
      ['finished', 70],
      ['finished', 50],
      ['finished', 90],
    ],
    { amount: '1.5', started: 0, finished: 50, problems: [ended, ended] },
  ],
  ['oneshot: less than was reserved', [['oneshot', 10, 50]], { amount: '1.5', started: 10, finished: 10 }],
  ['oneshot: more than was reserved', [['oneshot', 10, 500]], { amount: '6', started: 10, finished: 10 }],
  ['oneshot: nothing', [['oneshot', 10, 0]], { amount: '0', started: 10, finished: 10 }],
  [
    'oneshot told twice with other counts: the earlier',
    [
      ['oneshot', 10, 50],
      ['oneshot', 20, 80],
      ['oneshot', 10, 50],
    ],
    { amount: '1.5', started: 10, finished: 10, problems: [ended] },
  ],
  [
    'oneshot told twice with other counts, the earlier last',
    [
      ['oneshot', 20, 80],
      ['oneshot', 10, 50],
    ],
    { amount: '1.5', started: 10, finished: 10, problems: [ended] },
  ],
  [
    'oneshot that was released and ran all the same',
    ['release', ['oneshot', 10, 50]],
    { amount: '1.5', started: 10, finished: 10 },
  ],
]

async function go(project: string, job: string, step: Step, type: 'oneshot' | 'longrun'): Promise<void> {
  if (step === 'expire') await site.jobs.desk.expire(job)
  else if (step === 'release') await site.done('DELETE', `/reservation/${type}/${job}`)
  else if (step[0] === 'oneshot') await site.used(project, job, step[1], step[2])
  else await site.told(project, job, step[0], step[1], step[2])
}

describe('jobs end settled, with the rest released, and show in the report', () => {
  for (const [name, steps, ends] of cases) {
    test(`201: ${name}`, async () => {
      const project = await site.project(100)
      const type = name.startsWith('oneshot') ? 'oneshot' : 'longrun'
      const job = await site[type](project, ends.reserve)
      for (const step of steps) await go(project, job, step, type)
      const left = (100 - Number(ends.amount)).toFixed(2)
      const { balance, reservation } = await site.balance(project)
      assert.deepEqual([balance, reservation], [left, '0.00'])
      const items = await site.reported(project)
      assert.equal(items.length, 1)
      const [{ job_id: id, amount, started_at: startedAt, ...item } = {}] = items
      assert.deepEqual([id, amount, startedAt], [job, ends.amount, at(ends.started)])
      if (type === 'longrun') {
        const { finished_at: finishedAt, cancelled_at: cancelledAt } = item
        assert.deepEqual([finishedAt, cancelledAt !== null], [at(ends.finished), ends.cancelled ?? false])
      }
      assert.deepEqual(await site.problems(project), ends.problems ?? [])
      await site.requireProved()
    })
  }
})

const at = (second: number): string => `${new Date((start + second) * 1000).toISOString().slice(0, 19)}Z`

test('201: a job that still gives signs of life is not given up', async () => {
  const project = await site.project(10)
  const job = await site.longrun(project)
  const now = Math.floor(Date.now() / 1000) - start
  await site.told(project, job, 'started', now - 10)
  await site.jobs.desk.expire(job)
  const { reservation } = await site.balance(project)
  assert.equal(reservation, '2.00')
  assert.deepEqual(await site.reported(project), [])
})

for (const [name, second] of [
  ['a month late', -2_500_000],
  ['some minutes early', 100_000 + 200],
] as const) {
  test(`201: a job that is told ${name} is charged as any other`, async () => {
    const project = await site.project(10)
    const job = await site.longrun(project)
    await site.told(project, job, 'finished', second + 50)
    await site.told(project, job, 'started', second)
    assert.equal((await site.balance(project)).balance, '8.50')
    const [{ amount, started_at: startedAt } = {}] = await site.reported(project)
    assert.deepEqual([amount, startedAt], ['1.5', at(second)])
    await site.requireProved()
  })
}

test('422: what is told too late or too early changes nothing', async () => {
  const project = await site.project(10)
  const job = await site.longrun(project)
  for (const second of [-3_000_000, 100_000 + 400]) {
    const told = { type: 'longrun', subtype: 'notebook', proj_id: project, job_id: job, status: 'started' }
    const { status } = await site.ask('POST', '/usage/longrun', { ...told, timestamp: start + second })
    assert.equal(status, 422)
  }
  assert.deepEqual(await site.balance(project), { proj_id: project, balance: '8.00', reservation: '2.00' })
})
