import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Counter } from '../../src/charging/counter-commands.ts'
import { Credits } from '../../src/credits/commands.ts'
import { deleteAccount } from '../../src/jobs/account/commands.ts'
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
  const credits = new Credits({ ...site.jobs.house, database }, { waitMaxMilliseconds: 60_000 })
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

test('404: money, jobs and storage for an account that another process deletes are refused, and none is lost', async (t) => {
  const { site, other } = await openTwo(t)
  const by = { principal: 'other' }
  const projects = await Promise.all(Array.from({ length: 6 }, () => site.project(0)))
  const { vlab_id } = await site.done<{ vlab_id: string }>('GET', `/account/project/${projects[0]}`)
  const before = await site.done<{ balance: string }>('GET', `/balance/virtual-lab/${vlab_id}`)
  const user_id = randomUUID()
  const asks = [
    ['/budget/assign', (proj_id: string) => ({ vlab_id, proj_id, amount: 40 })],
    ['/budget/grant', (proj_id: string) => ({ proj_id, amount: 40, reference: 'lost' })],
    ['/reservation/oneshot', (proj_id: string) => ({ type: 'oneshot', subtype: 'ml-llm', proj_id, user_id, count: 0 })],
  ] as const
  for (const [place, [path, body]] of asks.entries()) {
    const [late = '', raced = ''] = projects.slice(place * 2)
    // This process remembers the account, the other one takes it away.
    await site.balance(late)
    await deleteAccount(other, { ...by, key: randomUUID() }, { id: late, kind: 'project' })
    assert.equal((await site.ask('POST', path, body(late))).status, 404, path)
    const [done, gone] = await Promise.all([
      site.ask('POST', path, body(raced)),
      deleteAccount(other, { ...by, key: randomUUID() }, { id: raced, kind: 'project' }).then(
        () => true,
        () => false,
      ),
    ])
    assert.equal(done.status < 300, !gone, `${path}: ${done.text}`)
  }
  const { projects: left, balance } = await site.done<{ projects: { balance: string }[]; balance: string }>(
    'GET',
    `/balance/virtual-lab/${vlab_id}?include_projects=true`,
  )
  const sum = left.reduce((all, each) => all + Number(each.balance), Number(balance))
  const granted = left.length > 0 ? sum - Number(before.balance) : 0
  assert.ok([0, 40].includes(granted), `${granted} are more or less than before`)
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
