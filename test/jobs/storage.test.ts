import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Storage } from '../../src/jobs/storage/commands.ts'
import { nanosFrom } from '../../src/values/money.ts'
import { me, openDesk } from './desk-testing.ts'

let site: Awaited<ReturnType<typeof openDesk>>
let storage: Storage
const now = Math.floor(Date.now() / 1000)

before(async () => {
  site = await openDesk()
  storage = new Storage(site.desk)
  // A thousandth for a byte and second, and from 1000 seconds ago on twice as much.
  const tier = (digits: bigint) => ({
    min_quantity: 0n,
    max_quantity: null,
    fixed_cost: { digits: 7n, places: 0 },
    multiplier: { digits, places: 3 },
  })
  await site.price('storage', 'storage', [tier(1n)])
  await site.price('storage', 'storage', [tier(2n)], BigInt(now - 1000) * 1_000_000n)
})
after(() => site.close())

type Of = { readonly project: string; readonly vlab: string }
const store = (of: Of, ago: number, size: bigint, subtype = 'storage') =>
  storage.store(me(), {
    ...of,
    subtype,
    at: now - ago,
    size,
    said: JSON.stringify({ ago, size: String(size) }),
  })

async function jobsOf(project: string) {
  const { rows } = await site.house.database.pool.query<{
    ago: number
    ended: number | null
    size: string
    charged: string
  }>(
    `select ($2::bigint - extract(epoch from started_at))::integer as ago, running::text as size,
            ($2::bigint - extract(epoch from finished_at))::integer as ended, trim_scale(charged)::text as charged
       from jobs.jobs where project = $1 order by started_at`,
    [project, now],
  )
  return rows.map(({ ago, ended, size, charged }) => `${ago}..${ended ?? ''} ${size} ${charged}`)
}

test('a level ends the one before it, which is charged to its end by the prices that held', async () => {
  const of = await site.projectWith('100')
  await store(of, 2000, 5n)
  assert.deepEqual(await jobsOf(of.project), ['2000.. 5 0'])
  await store(of, 500, 10n)
  assert.deepEqual(await jobsOf(of.project), ['2000..500 5 10', '500.. 10 0'])
  await storage.charge(of, now - 100)
  assert.deepEqual(await jobsOf(of.project), ['2000..500 5 10', '500.. 10 8'])
  assert.deepEqual(await site.balanceOf(of.project), { free: '82', held: '0' })
})

test('a level that is told late takes back what was charged too much', async () => {
  const of = await site.projectWith('100')
  await store(of, 900, 10n)
  await storage.charge(of, now - 100)
  assert.deepEqual(await site.balanceOf(of.project), { free: '84', held: '0' })
  await store(of, 400, 0n)
  assert.deepEqual(await jobsOf(of.project), ['900..400 10 10', '400.. 0 0'])
  await store(of, 600, 20n)
  assert.deepEqual(await jobsOf(of.project), ['900..600 10 6', '600..400 20 8', '400.. 0 0'])
  assert.deepEqual(await site.balanceOf(of.project), { free: '86', held: '0' })
  await store(of, 600, 20n)
  await store(of, 600, 15n)
  assert.deepEqual(await site.problemsOf(of.project), ['another size was told for the same time'])
  await store(of, 600, 30n)
  assert.deepEqual(await jobsOf(of.project), ['900..600 10 6', '600..400 30 12', '400.. 0 0'])
})

test('of two subtypes for one moment the same one stands, in whatever order they are told', async () => {
  const told = [
    ['storage', 10n],
    ['notebook', 10n],
    ['notebook', 9n],
  ] as const
  for (const order of [told, told.toReversed()]) {
    const of = await site.projectWith('100')
    for (const [subtype, size] of order) await store(of, 900, size, subtype)
    await store(of, 400, 0n)
    assert.deepEqual(await jobsOf(of.project), ['900..400 10 10', '400.. 0 0'])
    assert.deepEqual(await site.balanceOf(of.project), { free: '90', held: '0' })
  }
})

test('what ended while it had no price is charged when it is told again and there is one', async () => {
  const of = await site.projectWith('100')
  for (const [ago, size] of [
    [300, 10n],
    [100, 0n],
  ] as const) {
    await store(of, ago, size, 'ml-rag')
  }
  assert.deepEqual(await jobsOf(of.project), ['300..100 10 0', '100.. 0 0'])
  const tier = {
    min_quantity: 0n,
    max_quantity: null,
    fixed_cost: { digits: 0n, places: 0 },
    multiplier: { digits: 1n, places: 3 },
  }
  await site.price('storage', 'ml-rag', [tier])
  for (let round = 0; round < 2; round++) await store(of, 300, 10n, 'ml-rag')
  assert.deepEqual(await jobsOf(of.project), ['300..100 10 2', '100.. 0 0'])
  assert.deepEqual(await site.balanceOf(of.project), { free: '98', held: '0' })
})

test('what ended while a part of its time had no price is charged that part when it is told again, and nothing else', async () => {
  const of = await site.projectWith('100')
  const tier = (digits: bigint) => ({
    min_quantity: 0n,
    max_quantity: null,
    fixed_cost: { digits: 0n, places: 0 },
    multiplier: { digits, places: 3 },
  })
  const since = (ago: number) => BigInt(now - ago) * 1_000_000n
  await site.price('storage', 'pair-sim', [tier(1n)], since(200))
  for (const [ago, size] of [
    [300, 10n],
    [100, 5n],
    [50, 0n],
  ] as const) {
    await store(of, ago, size, 'pair-sim')
  }
  assert.deepEqual(await jobsOf(of.project), ['300..100 10 1', '100..50 5 0.25', '50.. 0 0'])
  await site.price('storage', 'pair-sim', [tier(2n)], since(900))
  for (let round = 0; round < 2; round++) await store(of, 300, 10n, 'pair-sim')
  assert.deepEqual(await jobsOf(of.project), ['300..100 10 3', '100..50 5 0.25', '50.. 0 0'])
  await site.price('storage', 'pair-sim', [tier(4n)], since(150))
  await store(of, 100, 5n, 'pair-sim')
  assert.deepEqual(await jobsOf(of.project), ['300..100 10 3', '100..50 5 0.25', '50.. 0 0'], 'it had a price')
  assert.deepEqual(await site.balanceOf(of.project), { free: '96.75', held: '0' })
})

test('in whatever order levels are told and charged, a project pays the same for the same jobs', async () => {
  const level = fc.record({ ago: fc.integer({ min: 1, max: 1500 }), size: fc.bigInt(0n, 50n) })
  const levels = fc.uniqueArray(level, { minLength: 1, maxLength: 5, selector: ({ ago }) => ago })
  await fc.assert(
    fc.asyncProperty(levels, fc.infiniteStream(fc.nat()), async (told, draws) => {
      const [sorted, mixed] = [await site.projectWith('1000'), await site.projectWith('1000')]
      for (const { ago, size } of [...told].sort((a, b) => b.ago - a.ago)) await store(sorted, ago, size)
      const twice = [...told, ...told].map((each) => ({ ...each, by: draws.next().value as number }))
      for (const { ago, size, by } of twice.sort((a, b) => a.by - b.by)) {
        await store(mixed, ago, size)
        if (by % 3 === 0) await storage.charge(mixed, now)
      }
      for (const each of [sorted, mixed]) await storage.charge(each, now)
      assert.deepEqual(await jobsOf(mixed.project), await jobsOf(sorted.project))
      const charged = (await jobsOf(mixed.project)).reduce((sum, job) => sum + nanosFrom(job.split(' ')[2] ?? '0'), 0n)
      for (const { project } of [sorted, mixed]) {
        const { free, held } = await site.balanceOf(project)
        assert.deepEqual([nanosFrom(free), held], [nanosFrom('1000') - charged, '0'])
      }
    }),
    { numRuns: 20 },
  )
})

test('the books are proved after all of it', () => site.requireProved())
