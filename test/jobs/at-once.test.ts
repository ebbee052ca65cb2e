import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { courseOf, type JobEvent } from '../../src/jobs/job/course.ts'
import { Storage } from '../../src/jobs/storage/commands.ts'
import { nanosFrom } from '../../src/values/money.ts'
import { me, openDesk } from './desk-testing.ts'

let site: Awaited<ReturnType<typeof openDesk>>
const now = Math.floor(Date.now() / 1000)

before(async () => {
  site = await openDesk()
  const free = { digits: 0n, places: 0 }
  const tiers = [{ min_quantity: 0n, max_quantity: null, fixed_cost: free, multiplier: { digits: 1n, places: 2 } }]
  await site.price('longrun', 'notebook', tiers)
  await site.price('storage', 'storage', tiers)
})
after(() => site.close())

async function reserve(of: { project: string; vlab: string }): Promise<string> {
  const price = (await site.desk.prices.book()).priceFor('longrun', 'notebook', of.vlab, Date.now())
  assert(price)
  const id = crypto.randomUUID()
  const reserved = { count: null, duration: 100n, instances: 1n, instanceType: null }
  const kind = { type: 'longrun', subtype: 'notebook', user: null, group: null, name: null } as const
  const cost = { reservedNanos: 1_000_000_000n, price: price.id, discount: null }
  await site.desk.reserve(me(), { ...of, ...kind, ...cost, id, reserved })
  return id
}

const cents = 10_000_000n

test('whatever is told of a job at one moment, in whatever order, it costs the same', async () => {
  const one = fc.record({
    kind: fc.constantFrom('started', 'running', 'running', 'finished' as const),
    at: fc.integer({ min: -300, max: -1 }).map((at) => now + at),
    instances: fc.option(fc.bigInt(0n, 3n)),
    count: fc.constant(null),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 2, maxLength: 20 }), async (told: readonly JobEvent[]) => {
      const of = await site.projectWith('1000')
      const job = await reserve(of)
      const said = { job, project: of.project, type: 'longrun', subtype: 'notebook', name: null, said: '{}' } as const
      await Promise.all([...told, ...told].map((event) => site.desk.use(me(), { ...said, event })))
      const { units, finishedAt } = courseOf(1n, told)
      const { free, held } = await site.balanceOf(of.project)
      assert.equal(nanosFrom(free) + nanosFrom(held), nanosFrom('1000') - units * cents)
      if (finishedAt !== null) assert.equal(held, '0')
    }),
    { numRuns: 15 },
  )
})

test('whatever is told of storage at one moment, in whatever order, a project pays the same', async () => {
  const storage = new Storage(site.desk)
  const level = fc.record({ ago: fc.integer({ min: 1, max: 1500 }), size: fc.bigInt(0n, 50n) })
  const levels = fc.uniqueArray(level, { minLength: 2, maxLength: 12, selector: ({ ago }) => ago })
  await fc.assert(
    fc.asyncProperty(levels, async (told) => {
      const of = await site.projectWith('1000')
      await Promise.all(
        [...told, ...told].flatMap(({ ago, size }) => [
          storage.store(me(), { ...of, subtype: 'storage', at: now - ago, size, said: '{}' }),
          storage.charge(of, now),
        ]),
      )
      await storage.charge(of, now)
      const sorted = [...told].sort((a, b) => b.ago - a.ago)
      const units = sorted.map(({ ago, size }, n) => size * BigInt(ago - (sorted[n + 1]?.ago ?? 0)))
      const cost = units.reduce((sum, each) => sum + each * cents, 0n)
      const { free, held } = await site.balanceOf(of.project)
      assert.deepEqual([nanosFrom(free), held], [nanosFrom('1000') - cost, '0'])
    }),
    { numRuns: 15 },
  )
})

test('the books are proved after all of it', () => site.requireProved())
