import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { addCounterRoutes } from '../../src/charging/counter-routes.ts'
import { openDoors } from '../../src/http/testing.ts'
import type { Reserved } from '../../src/jobs/job/job.ts'
import { Directory } from '../../src/parties/directory-commands.ts'
import { numbered } from '../../src/values/id.ts'
import { me, openDesk } from './desk-testing.ts'

const site = await openDesk()
const { counter } = site.desk
const doors = await openDoors((server) => addCounterRoutes(server, counter, new Directory(site.house, 'site')))
after(async () => {
  await doors.close()
  await site.close()
})

test('409: what is held for a job is not settled, grown, extended or released by hand', async () => {
  const free = { digits: 0n, places: 0 }
  const tier = { min_quantity: 0n, max_quantity: null, fixed_cost: free, multiplier: { digits: 1n, places: 2 } }
  await site.price('oneshot', 'notebook', [tier])
  const of = await site.projectWith('10')
  const price = (await site.desk.prices.book()).priceFor('oneshot', 'notebook', of.vlab, Date.now())
  const id = randomUUID()
  const reserved: Reserved = { count: 100n, duration: null, instances: null, instanceType: null }
  const job = { ...of, id, type: 'oneshot', subtype: 'notebook', user: randomUUID(), group: null, name: null } as const
  const nanos = 1_000_000_000n
  await site.desk.reserve(me(), { ...job, reservedNanos: nanos, reserved, price: price?.id ?? 0n, discount: null })
  const [reservation] = (await site.desk.find(id))?.reservations ?? []
  const path = `/api/v1/reservations/${numbered('reservation', reservation ?? 0n)}`
  for (const [verb, body] of [
    ['settle', { amount: '0.5' }],
    ['grow', { amount: '0.5' }],
    ['extend', { seconds: 60 }],
    ['release', undefined],
  ] as const) {
    const { status, body: said } = await doors.ask('POST', `${path}/${verb}`, body, { 'idempotency-key': randomUUID() })
    assert.deepEqual([status, said['type'], said['job']], [409, '/problems/reservation-of-job', id], verb)
  }
  assert.deepEqual(await site.balanceOf(of.project), { free: '9', held: '1' })
})
