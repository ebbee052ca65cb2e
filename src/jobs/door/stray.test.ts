import { strict as assert } from 'node:assert'
import { after, test } from 'node:test'
import { Problem } from '../../http/problem.ts'
import { openDoors } from '../../http/testing.ts'
import { parameters } from '../lax/model.ts'
import { uuid } from '../lax/text.ts'
import { jobDoor, openJobScope } from './door-routes.ts'

let asked = 0
const id = 'f81d4fae-7dec-4d0c-a765-00a0c91e6bf6'
const door = { operation: 'jobs.read', summary: 'A door', status: 201, message: 'Done' } as const
const doors = await openDoors((server) => {
  openJobScope(server, (scope) => {
    const params = parameters({ id: uuid() })
    jobDoor(scope, { ...door, method: 'POST', path: '/thing', id: 'makeThing' }, () => null)
    jobDoor(scope, { ...door, method: 'GET', path: '/thing/:id', id: 'oneThing', params }, () => null)
    jobDoor(scope, { ...door, method: 'GET', path: '/only/:id', id: 'oneOnly', params }, () => null)
    jobDoor(scope, { ...door, method: 'POST', path: '/busy', id: 'askTheBusy' }, async () => {
      asked += 1
      if (asked < 3) throw new Problem('overloaded')
      return { asked }
    })
  })
})
after(() => doors.close())

test('404, 405, 307: unknown paths and methods are answered as the reference service does', async () => {
  const wrongMethod = await doors.ask('PUT', '/thing')
  assert.deepEqual([wrongMethod.status, wrongMethod.body], [405, { detail: 'Method Not Allowed' }])
  assert.equal(wrongMethod.headers.get('allow'), 'POST')
  assert.equal((await fetch(`${doors.url}/thing/${id}`, { method: 'HEAD' })).status, 405)
  assert.equal((await doors.ask('POST', `/thing/${id}`, {})).status, 405)
  const unknown = await doors.ask('GET', '/thing/a/b')
  assert.deepEqual([unknown.status, unknown.body], [404, { detail: 'Not Found' }])
  const slash = await fetch(`${doors.url}/thing/?a=1?b&c=2`, { method: 'POST', redirect: 'manual' })
  assert.deepEqual([slash.status, slash.headers.get('location')], [307, `${doors.url}/thing?a=1?b&c=2`])
  const partless = await fetch(`${doors.url}/only/?a=1`)
  assert.deepEqual([partless.status, await partless.json()], [404, { detail: 'Not Found' }])
  const ofThings = await fetch(`${doors.url}/thing/`, { redirect: 'manual' })
  assert.deepEqual([ofThings.status, ofThings.headers.get('location')], [307, `${doors.url}/thing`])
})

test('201: what changes something waits while the house is busy, because clients never ask again', async () => {
  const { status, body } = await doors.ask('POST', '/busy', { is: 'read' })
  assert.deepEqual([status, body], [201, { message: 'Done', data: { asked: 3 } }])
})
