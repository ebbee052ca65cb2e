import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/http/problem.ts'
import { nanosFrom } from '../../src/values/money.ts'
import { totalCost } from '../../src/jobs/price/cost.ts'
import type { JobDesk } from '../../src/jobs/job/commands.ts'
import { courseOf, type JobEvent } from '../../src/jobs/job/course.ts'
import { me, openDesk } from './desk-testing.ts'
import type { Reserved } from '../../src/jobs/job/job.ts'

let site: Awaited<ReturnType<typeof openDesk>>
let desk: JobDesk
let price: bigint
const now = Math.floor(Date.now() / 1000)

before(async () => {
  site = await openDesk()
  desk = site.desk
  for (const type of ['longrun', 'oneshot'] as const) {
    await site.price(type, 'notebook', [
      {
        min_quantity: 0n,
        max_quantity: 100n,
        fixed_cost: { digits: 15n, places: 1 },
        multiplier: { digits: 1n, places: 2 },
      },
      {
        min_quantity: 100n,
        max_quantity: null,
        fixed_cost: { digits: 0n, places: 0 },
        multiplier: { digits: 5n, places: 3 },
      },
    ])
  }
})
after(() => site.close())

type Kind = 'oneshot' | 'longrun'
const longrun = (duration: bigint, instances = 1n): Reserved => ({
  count: null,
  duration,
  instances,
  instanceType: null,
})

async function reserve(of: { project: string; vlab: string }, type: Kind, reserved: Reserved) {
  const book = await desk.prices.book()
  const found = book.priceFor(type, 'notebook', of.vlab, Date.now())
  assert(found)
  price = found.id
  const id = randomUUID()
  const units = reserved.count ?? (reserved.duration ?? 0n) * (reserved.instances ?? 0n)
  await desk.reserve(me(), {
    ...of,
    id,
    type,
    subtype: 'notebook',
    user: randomUUID(),
    group: null,
    name: null,
    reservedNanos: totalCost(found, undefined, units),
    reserved,
    price,
    discount: null,
  })
  return id
}

const tell = (of: { project: string }, job: string, event: JobEvent, more: object = {}) =>
  desk.use(me(), {
    job,
    project: of.project,
    type: event.kind === 'oneshot' ? 'oneshot' : 'longrun',
    subtype: 'notebook',
    name: null,
    event,
    said: JSON.stringify({ job, at: event.at, kind: event.kind }),
    ...more,
  })

const event = (kind: JobEvent['kind'], at: number, instances: bigint | null = null): JobEvent => ({
  kind,
  at: now + at,
  instances,
  count: null,
})
const oneshot = (at: number, count: bigint): JobEvent => ({ kind: 'oneshot', at: now + at, instances: null, count })

test('a oneshot job is charged what it used, and the rest is given back at once', async () => {
  const of = await site.projectWith('10')
  const job = await reserve(of, 'oneshot', { count: 200n, duration: null, instances: null, instanceType: null })
  assert.deepEqual(await site.balanceOf(of.project), { free: '7', held: '3' })
  await tell(of, job, oneshot(-10, 50n))
  assert.deepEqual(await site.balanceOf(of.project), { free: '8', held: '0' })
  await tell(of, job, oneshot(-10, 50n))
  assert.deepEqual(await site.problemsOf(of.project), [], 'told twice it is the same')
  await tell(of, job, oneshot(-5, 90n))
  assert.deepEqual(await site.balanceOf(of.project), { free: '8', held: '0' })
  assert.deepEqual(await site.problemsOf(of.project), ['the job had ended'])
})

test('a longrun job is charged at every sign of life, and ends settled', async () => {
  const of = await site.projectWith('10')
  const job = await reserve(of, 'longrun', longrun(200n))
  await tell(of, job, event('started', -300, 1n))
  assert.deepEqual(await site.balanceOf(of.project), { free: '7', held: '3' })
  await tell(of, job, event('running', -250))
  assert.deepEqual(await site.balanceOf(of.project), { free: '7', held: '1' }, '50 seconds cost 2')
  await tell(of, job, event('finished', -200))
  assert.deepEqual(await site.balanceOf(of.project), { free: '7.5', held: '0' })
})

test('what was charged beyond an end that is told later goes back', async () => {
  const of = await site.projectWith('10')
  const job = await reserve(of, 'longrun', longrun(200n))
  await tell(of, job, event('started', -300, 1n))
  await tell(of, job, event('running', -200))
  await tell(of, job, event('finished', -250))
  assert.deepEqual(await site.balanceOf(of.project), { free: '8', held: '0' })
})

test('usage beyond the reservation is charged to the project, also below zero', async () => {
  const of = await site.projectWith('3')
  const job = await reserve(of, 'longrun', longrun(200n))
  await tell(of, job, event('started', -1000, 1n))
  await tell(of, job, event('finished', -100))
  assert.deepEqual(await site.balanceOf(of.project), { free: '-3.5', held: '0' })
  assert.deepEqual(await site.problemsOf(of.project), ['the project ran out of credits while the job ran'])
  await assert.rejects(
    reserve(of, 'oneshot', { count: 0n, duration: null, instances: null, instanceType: null }),
    Problem,
  )
})

test('a job that was released and runs all the same is charged', async () => {
  const of = await site.projectWith('10')
  const job = await reserve(of, 'longrun', longrun(200n))
  await desk.release(me(), job, 'longrun')
  await assert.rejects(desk.release(me(), job, 'longrun'), { code: 'JOB_ALREADY_CANCELLED' })
  assert.deepEqual(await site.balanceOf(of.project), { free: '10', held: '0' })
  await tell(of, job, event('started', -300, 1n))
  await assert.rejects(desk.release(me(), job, 'longrun'), { code: 'JOB_ALREADY_STARTED' })
  await tell(of, job, event('running', -250))
  await tell(of, job, event('finished', -200))
  assert.deepEqual(await site.balanceOf(of.project), { free: '7.5', held: '0' })
})

test('usage that belongs nowhere is taken and kept for the operator', async () => {
  const of = await site.projectWith('10')
  const job = await reserve(of, 'longrun', longrun(200n))
  await tell(of, randomUUID(), event('started', -10))
  await tell({ project: randomUUID() }, job, event('started', -10))
  await tell(of, job, oneshot(-10, 5n))
  assert.deepEqual(await site.problemsOf(of.project), ['unknown job', 'the job is longrun'])
  assert.deepEqual(await site.balanceOf(of.project), { free: '7', held: '3' })
})

test('in whatever order, however often and by whatever process it is told, a job costs the same', async () => {
  const kinds = fc.constantFrom('started', 'running', 'finished' as const)
  const one = fc.record({
    kind: kinds,
    at: fc.integer({ min: -500, max: -1 }).map((at) => now + at),
    instances: fc.option(fc.bigInt(0n, 3n)),
    count: fc.constant(null),
  })
  const other = site.newDesk()
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      async (told, draws) => {
        const of = await site.projectWith('1000')
        const job = await reserve(of, 'longrun', longrun(300n))
        const twice = [...told, ...told].map((each) => ({ each, by: draws.next().value as number }))
        for (const { each, by } of twice.sort((a, b) => a.by - b.by)) {
          const at = by % 2 === 0 ? desk : other
          await at.use(me(), {
            job,
            project: of.project,
            type: 'longrun',
            subtype: 'notebook',
            name: null,
            event: each,
            said: '{}',
          })
        }
        const course = courseOf(1n, told)
        const found = (await desk.prices.book()).price(price)
        assert(found)
        const cost = totalCost(found, undefined, course.units)
        const { free, held } = await site.balanceOf(of.project)
        assert.equal(nanosFrom(free) + nanosFrom(held), nanosFrom('1000') - cost)
        if (course.finishedAt !== null) assert.equal(held, '0')
      },
    ),
    { numRuns: 30 },
  )
})

test('the books are proved after all of it', async () => {
  await site.requireProved()
})
