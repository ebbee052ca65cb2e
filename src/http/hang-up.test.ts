import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Type } from 'typebox'
import { door } from './door.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import { closed, Name } from './schemas.ts'
import { openDoors } from './testing.ts'

const answers = { 200: Type.Object({ to: Type.String() }) }
const paying = door({
  operation: 'test.pay',
  id: 'pay',
  tag: 'test',
  summary: 'Pay',
  body: closed({ to: Name }, 'HangUp'),
  answers,
})
const looking = door({ operation: 'test.look', id: 'look', tag: 'test', summary: 'Look', answers })

test('a client that hangs up is told in the log and counted, and is no failure of Bursar', async (t) => {
  const lines: string[] = []
  const metrics = openMetrics('1', [], () => {})
  const log = openLog('info', { write: (line) => lines.push(line) })
  const doors = await openDoors((server) => server.post('/pay', paying, (request) => request.body), { log, metrics })
  t.after(() => doors.close())
  const socket = connect(doors.port, '127.0.0.1')
  const head = 'POST /pay HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n'
  socket.write(`${head}expect: 100-continue\r\n\r\n`)
  // From here on the server waits for the body.
  await new Promise((resolve) => socket.once('data', resolve))
  socket.destroy()
  const told = () => lines.filter((line) => line.includes('/pay'))
  while (told().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const [line] = told().map((each) => JSON.parse(each) as { level: number; status: number })
  assert.deepEqual([line?.level, line?.status], [30, 499])
  assert.match((await metrics.text()).body, /http_requests_total\{method="POST",endpoint="\/pay",status="499"\} 1/)
})

test('the document says where a request may be too slow, too large, or of another media type', async (t) => {
  const doors = await openDoors((server) => {
    server.post('/pay', paying, (request) => request.body)
    server.get('/look', looking, () => ({ to: 'nobody' }))
  })
  t.after(() => doors.close())
  const { paths } = (await doors.ask('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, { responses: object }>>
  }
  const refused = (path: string, method: string) =>
    Object.keys(paths[path]?.[method]?.responses ?? {}).filter((status) => /^(408|413|415|431)$/.test(status))
  assert.deepEqual(refused('/pay', 'post'), ['408', '413', '415', '431'])
  assert.deepEqual(refused('/look', 'get'), ['408', '431'])
})
