import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JobDesk } from '../../src/jobs/job/commands.ts'
import type { Reserved } from '../../src/jobs/job/job.ts'
import { me, openDesk } from './desk-testing.ts'

const site = await openDesk()
after(() => site.close())

const baht = 1_000_000_000n

test('a job is reserved where reservations of another project ran out that the budget of their lab still counts', async () => {
  const free = { digits: 0n, places: 0 }
  const tier = { min_quantity: 0n, max_quantity: null, fixed_cost: free, multiplier: { digits: 1n, places: 2 } }
  await site.price('oneshot', 'notebook', [tier])
  const one = await site.projectWith('10')
  const two = await site.projectWith('10', one.vlab)
  await site.credits.open(one.vlab, 'CREDIT')
  const asked = { owner: one.vlab, currency: 'CREDIT', span: 'total' as const, nanos: 4n * baht }
  await site.credits.budget(me(), asked)
  const price = (await site.desk.prices.book()).priceFor('oneshot', 'notebook', one.vlab, Date.now())
  const reserved: Reserved = { count: 100n, duration: null, instances: null, instanceType: null }
  const reserve = async (desk: JobDesk, of: typeof one, nanos: bigint) => {
    const job = { ...of, id: randomUUID(), type: 'oneshot', subtype: 'notebook', user: randomUUID() } as const
    const priced = { price: price?.id ?? 0n, discount: null, group: null, name: null }
    await desk.reserve(me(), { ...job, ...priced, reservedNanos: nanos, reserved })
  }
  await reserve(site.newDesk({ openSeconds: 1 }), one, 3n * baht)
  await assert.rejects(reserve(site.desk, two, 2n * baht), { type: 'budget-exhausted' })
  await sleep(1_100)
  await reserve(site.desk, two, 2n * baht)
  await assert.rejects(reserve(site.desk, two, 3n * baht), { type: 'budget-exhausted' })
  assert.deepEqual(await site.balanceOf(one.project), { free: '10', held: '0' })
  assert.deepEqual(await site.balanceOf(two.project), { free: '8', held: '2' })
  await site.requireProved()
})
