import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { newJobParts } from '../../src/jobs/parts-commands.ts'
import { jobTasks } from '../../src/jobs/tasks.ts'
import { openDatabase } from '../../src/database/database.ts'
import { Directory } from '../../src/parties/directory-commands.ts'
import { usualRules } from '../../src/jobs/rules.ts'
import { openJobSite } from './site.ts'

/** A server, and beside it a second counter with connections, lane and memory of its own. */
async function openTwo(t: { after(done: () => Promise<void>): void }) {
  const site = await openJobSite({ CHARGE_STORAGE_MIN_CHARGING_INTERVAL: '60' })
  const database = await openDatabase({ url: site.databaseUrl, dataDirectory: '' })
  const credits = new Credits({ ...site.jobs.house, database })
  const rules = { ...usualRules, storageSeconds: 60 }
  const other = newJobParts(new Counter(credits), new Directory(credits.house, 'site'), 'CREDIT', rules)
  t.after(async () => {
    await credits.lane.close()
    await database.close()
    await site.close()
  })
  const count = async (command: string): Promise<number> => {
    const text = `select count(*) as count from operations.operations where command = $1`
    const { rows } = await database.pool.query<{ count: string }>(text, [command])
    return Number(rows[0]?.count)
  }
  return { site, other, count }
}

const turn = { signal: new AbortController().signal, progress: async () => {} }

test('two processes that give up silent jobs and charge storage at one moment do each once', async (t) => {
  const { site, other, count } = await openTwo(t)
  const projects = await Promise.all([1, 2, 3].map(() => site.project(10_000)))
  for (const project of projects) {
    for (let n = 0; n < 30; n++) {
      const job = await site.longrun(project)
      await site.told(project, job, 'started', n)
      await site.told(project, job, 'running', n + 10)
    }
    await site.stored(project, 0, 1)
  }
  const both = [site.jobs, other].flatMap(({ desk, storage }) => jobTasks(desk, storage))
  await Promise.all(both.map((task) => task.run(turn)))
  assert.equal(await count('jobs.expire'), 90)
  for (const project of projects) {
    const storage = await site.done<{ items: unknown[] }>('GET', `/report/project/${project}?type=longrun`)
    assert.equal(storage.items.length, 30)
    const { balance, reservation } = await site.balance(project)
    const stored = 10_000 - Number(balance) - 30 * 1.1
    // A byte for some hundred thousand seconds, charged once.
    assert.ok(stored > 1000 && stored < 1100, balance)
    assert.equal(reservation, '0.00')
  }
  await site.requireProved()
})

test('events of one job that come through two processes at once are all counted, once', async (t) => {
  const { site, other } = await openTwo(t)
  const project = await site.project(1000)
  const jobs = await Promise.all(Array.from({ length: 20 }, () => site.longrun(project, { duration: 1000 })))
  await Promise.all(
    jobs.flatMap((job) =>
      Array.from({ length: 12 }, async (_, n) => {
        const kind = n === 0 ? 'started' : n === 11 ? 'finished' : 'running'
        if (n % 2 === 0) return await site.told(project, job, kind, n * 10)
        const { desk } = other
        const event = { kind, at: site.start + n * 10, instances: null, count: null } as const
        const told = { job, project, type: 'longrun', subtype: 'notebook', name: null, event, said: '{}' } as const
        return await desk.use({ principal: 'other', key: randomUUID() }, told)
      }),
    ),
  )
  const items = await site.reported(project)
  assert.equal(items.length, 20)
  for (const { amount, duration } of items) assert.deepEqual([amount, duration], ['2.1', 110])
  assert.equal((await site.balance(project)).balance, (1000 - 20 * 2.1).toFixed(2))
  await site.requireProved()
})
