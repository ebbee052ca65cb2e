import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Type } from 'typebox'
import { callOf, sendAnswered } from './call.ts'
import { door } from './door.ts'
import { openLog } from './log.ts'
import { openDoors } from './testing.ts'

test('200: an answer carries its operation, and so does the line of the log; its bytes are those that were stored', async () => {
  const lines: string[] = []
  const stored = '{"b":1, "a":"1.50"}'
  const doors = await openDoors(
    (server) =>
      server.post(
        '/pay',
        door({
          operation: 'test.pay',
          id: 'pay',
          tag: 'test',
          summary: 'Pay',
          key: 'required',
          answers: { 201: Type.Object({ a: Type.String() }) },
        }),
        async (request, reply) => {
          const { principal, key } = callOf(request, 'test.pay', null)
          assert.deepEqual([principal, key], ['tester', 'my key'])
          return sendAnswered(reply, { operation: 42n, status: 201, answer: stored })
        },
      ),
    { log: openLog('info', { write: (line) => lines.push(line) }) },
  )
  const paid = await doors.ask('POST', '/pay', undefined, { 'idempotency-key': 'my key' })
  assert.deepEqual([paid.status, paid.text, paid.headers.get('operation-id')], [201, stored, 'op_42'])
  for (const [key, message] of [
    [undefined, /is missing/],
    ['x'.repeat(201), /1 to 200/],
    ['schlüssel', /printable ASCII/],
  ] as const) {
    const refused = await doors.ask('POST', '/pay', undefined, key === undefined ? {} : { 'idempotency-key': key })
    assert.equal(refused.status, 400)
    assert.match(refused.text, message)
    assert.match(refused.text, /header\.idempotency-key/)
  }
  await doors.close()
  const logged = lines.map((line) => JSON.parse(line) as { operation?: string; reqId?: string; principal?: string })
  const line = logged.find(({ operation }) => operation === 'op_42')
  assert.equal(line?.reqId, paid.headers.get('x-request-id'))
  assert.equal(line?.principal, 'tester')
})
