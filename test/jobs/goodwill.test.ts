import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { findRefundable, refund } from '../../src/charging/refund-commands.ts'
import { openJobSite } from './site.ts'

test('what is given back of a job out of goodwill stays given, whatever is told of it later', async (t) => {
  const site = await openJobSite()
  t.after(() => site.close())
  const { counter } = site.jobs
  const project = await site.project(100)
  const job = await site.longrun(project)
  await site.told(project, job, 'started', 0)
  await site.told(project, job, 'running', 500)
  const { charges } = await site.done<{ charges: { id: string; amount: string }[] }>('GET', `/job/${job}`)
  for (const { id: of, amount } of charges) {
    const request = { of, nanos: BigInt(Number(amount) * 1e9), reason: 'the node was slow' }
    await refund(counter, { principal: 'tester', key: randomUUID() }, request, await findRefundable(counter, of))
  }
  assert.equal((await site.balance(project)).balance, '100.00')
  await site.requireProved()
  await site.told(project, job, 'running', 600)
  assert.equal((await site.balance(project)).balance, '99.00')
  await site.requireProved()
  await site.told(project, job, 'finished', 50)
  assert.deepEqual(await site.balance(project), { proj_id: project, balance: '100.00', reservation: '0.00' })
  await site.requireProved()
})
