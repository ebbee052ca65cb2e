import { strict as assert } from 'node:assert'
import { after, test } from 'node:test'
import { Counter } from '../../../charging/counter-commands.ts'
import { Directory } from '../../../parties/directory-commands.ts'
import { newJobParts } from '../../parts-commands.ts'
import { openReports } from '../testing.ts'
import { foldReports } from './commands.ts'

const scene = await openReports({ after })
const { house, lab, project, at } = scene

const truth = async (condition = 'true') => {
  const { rows } = await house.database.pool.query<{ id: string }>(
    `select id from jobs.jobs where finished_at is not null and ${condition} order by started_at desc, id`,
  )
  return rows.map(({ id }) => id)
}

/** All pages of a report, one after the other. */
async function pages(path: string, size: number): Promise<unknown[]> {
  const found: unknown[] = []
  for (let page = 1; ; page++) {
    const { items, meta } = await scene.report(`${path}?page=${page}&page_size=${size}`)
    found.push(...items.map(({ job_id: id }) => id))
    if (page >= meta.total_pages) {
      assert.equal(found.length, meta.total_items)
      return found
    }
  }
}

async function assertExact(): Promise<void> {
  assert.deepEqual(await pages('/report/system', 7), await truth())
  assert.deepEqual(await pages(`/report/project/${project}`, 5), await truth(`project = '${project}'`))
}

test('events in any order and twice, counted in between or not: every page is exact at all times', async () => {
  let seed = 42
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below
  const jobs: string[] = []
  for (let n = 0; n < 12; n++) jobs.push(await scene.longrun({ proj_id: n % 4 === 0 ? scene.other : project }))
  const events = jobs.flatMap((job, n) => {
    const proj_id = n % 4 === 0 ? scene.other : project
    const start = at + random(5)
    const each = [
      () => scene.told(job, 'started', start, { proj_id }),
      () => scene.told(job, 'running', start + 20, { proj_id }),
      () => scene.told(job, 'finished', start + 40 + random(3), { proj_id }),
    ]
    return [...each, ...each.slice(random(3))]
  })
  for (let n = events.length - 1; n > 0; n--) {
    const other = random(n + 1)
    ;[events[n], events[other]] = [events[other] as () => Promise<unknown>, events[n] as () => Promise<unknown>]
  }
  for (const [n, event] of events.entries()) {
    await event()
    if (n % 5 === 0) await foldReports(house)
    if (n % 3 === 0) await assertExact()
  }
  assert.equal((await truth()).length, 12)
  await assertExact()
})

test('a job that was given up is listed with when, and no more when it lives after all', async () => {
  const { desk } = newJobParts(new Counter(scene.credits), new Directory(house, 'site'), 'CREDIT')
  const job = await scene.longrun()
  await scene.told(job, 'started', at + 500, { instances: 1 })
  await scene.told(job, 'running', at + 560)
  await desk.expire(job)
  const [first] = (await scene.report('/report/system')).items
  assert.deepEqual([first?.['job_id'], first?.['duration'], first?.['amount']], [job, 60, '2.1'])
  assert.match(String(first?.['cancelled_at']), /Z$/)
  await assertExact()
  await foldReports(house)
  await scene.told(job, 'running', at + 600)
  await assertExact()
  assert(!(await truth()).includes(job))
  await scene.told(job, 'started', at + 490)
  await scene.told(job, 'finished', at + 610)
  await assertExact()
  await foldReports(house)
  await scene.told(job, 'started', at - 10)
  await assertExact()
  assert.equal((await truth()).at(-1), job)
})

test('parts that grow too large are split, and jobs that wait to be counted stay what they are', async () => {
  const before = await truth()
  const make = async (count: number, spread: number) => {
    const client = await house.database.pool.connect()
    try {
      await client.query('begin read write')
      await client.query(
        `with made as (
           insert into jobs.jobs (id, type, subtype, project, vlab, reservations, reserved_at, reserved_amount, price,
                                  started_at, alive_at, finished_at, running)
           select gen_random_uuid(), 'oneshot', 'ml-rag', $1, $2, '{}', at, 0, 1, at, at, at, 0
             from (select timestamptz '2026-01-01' + (n % $4) * interval '1 second' as at
                     from generate_series(1, $3::integer) as n) as made
           returning started_at)
         insert into jobs.report_changes select $1, $2, started_at, count(*) from made group by started_at`,
        [project, lab, count, spread],
      )
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  await make(6_000, 500)
  await foldReports(house)
  await make(7_000, 1)
  await Promise.all([foldReports(house), foldReports(house)])
  await make(100, 900)
  const { rows } = await house.database.pool.query<{ parts: number }>(
    `select count(*)::integer as parts from jobs.report_parts where kind = 'system'`,
  )
  assert((rows[0]?.parts ?? 0) > 3)
  const all = await truth()
  assert.equal(all.length, before.length + 13_100)
  assert.deepEqual(await pages('/report/system', 1_000), all)
  assert.deepEqual(await pages(`/report/virtual-lab/${lab}`, 3_333), all)
  assert.deepEqual(await pages(`/report/project/${project}`, 10_000), await truth(`project = '${project}'`))
})
