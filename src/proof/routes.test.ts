import { strict as assert } from 'node:assert'
import { after, before, beforeEach, test } from 'node:test'
import { everybody, openDoors, type OpenedDoors } from '../http/testing.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { addProofRoutes } from './routes.ts'

let fresh: FreshHouse
let doors: OpenedDoors
before(async () => {
  fresh = await freshHouse()
  doors = await openDoors((server) => addProofRoutes(server, fresh.house))
})
after(async () => {
  await doors.close()
  await fresh.drop()
})
beforeEach(() => doors.be(everybody))

type Run = { id: string; state: string; checks: { ok: boolean }[]; endedAt: string | null }

test('202: the books are proved in the background; 200: how far it is, and that they are', async () => {
  const begun = await doors.ask('POST', '/api/v1/verifications')
  assert.equal(begun.status, 202)
  const path = begun.headers.get('location') ?? ''
  let run = begun.body as Run
  while (run.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 20))
    run = (await doors.ask('GET', path)).body
  }
  assert.equal(run.state, 'proved')
  assert.ok(run.checks.length > 10 && run.checks.every(({ ok }) => ok))
  assert.ok(run.endedAt)
})

test('404: a proof that nobody ran; 403: for whoever sees some parties only', async () => {
  const nobody = '/api/v1/verifications/00000000-0000-4000-8000-000000000000'
  assert.equal((await doors.ask('GET', nobody)).status, 404)
  doors.be({ name: 'ada', role: 'supervisor', parties: new Set(['x']) })
  assert.equal((await doors.ask('POST', '/api/v1/verifications')).status, 403)
})
