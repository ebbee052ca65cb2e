import { strict as assert } from 'node:assert'
import { request as ask } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { Refusal } from '../values/refusal.ts'
import { door } from './door.ts'
import { originsOf } from './origins.ts'
import { closed, Currency, PositiveMoney, Name } from './schemas.ts'
import { openDoors, type OpenedDoors } from './testing.ts'

const patience = { headers: 300, request: 600, quiet: 2_000 }
const connectionsMax = 100
const Payment = closed(
  {
    amount: PositiveMoney,
    currency: Currency,
    to: Name,
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, description: 'how often' })),
    why: Type.Optional(Type.String({ minLength: 1, maxLength: 20, description: 'it is told to who earns' })),
  },
  'TestPayment',
)
let doors: OpenedDoors
before(async () => {
  doors = await openDoors(
    (server) =>
      server.post(
        '/pay',
        door({
          operation: 'test.pay',
          id: 'pay',
          tag: 'test',
          summary: 'Pay',
          body: Payment,
          key: 'required',
          answers: { 200: Type.Object({ paid: Type.String() }) },
        }),
        async (request) => {
          const { amount, currency } = request.body
          return { paid: `${amount} ${currency}` }
        },
      ),
    { patience, connectionsMax, origins: ['https://portal.example.org'] },
  )
})
after(() => doors.close())

type Refused = { type: string; detail?: string; issues?: { field: string; message: string }[] }
const pay = async (body: string) => {
  const headers = { 'content-type': 'application/json' }
  const { status, body: refused } = await doors.ask('POST', '/pay', body, headers)
  return { status, ...(refused as Refused) }
}

test('400: each wrong input has a clear error of its own, with the name of the field', async () => {
  const good = { amount: '4.37', currency: 'THB', to: 'ada' }
  const wrong: [body: string, field: string | undefined, message: RegExp][] = [
    ['{', undefined, /no JSON: .*position 1/],
    ['', undefined, /empty/],
    ['{"amount":NaN}', undefined, /NaN is no number of JSON/],
    [JSON.stringify({ ...good, colour: 'red' }), 'body.colour', /not known here/],
    [JSON.stringify({ currency: 'THB', to: 'ada' }), 'body.amount', /is missing/],
    [JSON.stringify({ ...good, amount: 4.37 }), 'body.amount', /write it as a string/],
    ['{"amount":1e400,"currency":"THB","to":"ada"}', 'body.amount', /write it as a string/],
    [JSON.stringify({ ...good, amount: 'NaN' }), 'body.amount', /exact decimal above zero/],
    [JSON.stringify({ ...good, amount: '-1' }), 'body.amount', /exact decimal above zero/],
    [JSON.stringify({ ...good, amount: '0.00' }), 'body.amount', /exact decimal above zero/],
    [JSON.stringify({ ...good, amount: '1.0000000001' }), 'body.amount', /at most nine places/],
    [JSON.stringify({ ...good, currency: 'baht' }), 'body.currency', /ISO 4217/],
    [JSON.stringify({ ...good, to: 'a\0b' }), 'body.to', /NUL/],
    [JSON.stringify({ ...good, to: 'a' }).replace('"a"', '"\\ud800"'), 'body.to', /Unicode/],
    [JSON.stringify({ ...good, to: 'a'.repeat(201) }), 'body.to', /^must be a name of 1 to 200 characters, not blank$/],
    [JSON.stringify({ ...good, times: 0 }), 'body.times', /^must be a whole number from 1 to 9$/],
    [JSON.stringify({ ...good, times: '2' }), 'body.times', /^must be a whole number from 1 to 9$/],
    [JSON.stringify({ ...good, why: 5 }), 'body.why', /^must be a text of 1 to 20 characters: write it as a string/],
    [JSON.stringify({ ...good, why: '' }), 'body.why', /^must be a text of 1 to 20 characters$/],
    ['{"__proto__":{"amount":"1"}}', undefined, /may be called __proto__/],
    [`${'['.repeat(20_000)}"\\u0000"${']'.repeat(20_000)}`, 'body', /nested too deeply/],
    ['[]', 'body', /object/],
  ]
  for (const [body, field, message] of wrong) {
    const refused = await pay(body)
    assert.equal(refused.status, 400, body.slice(0, 200))
    const [issue] = refused.issues ?? []
    assert.equal(issue?.field, field, `${body.slice(0, 200)}: ${JSON.stringify(refused)}`)
    assert.match(issue?.message ?? refused.detail ?? '', message, body)
  }
  const { status } = await doors.ask('POST', '/pay?to=%00', good)
  assert.equal(status, 400)
})

test('400: bytes that are no UTF-8 are refused with their place, never taken for others', async () => {
  const headers = { 'content-type': 'application/json' }
  const bytesOf = (name: number[]) =>
    Buffer.concat([Buffer.from('{"amount":"1","currency":"THB","to":"'), Buffer.from(name), Buffer.from('"}')])
  for (const [name, place] of [
    [[0xff], 37],
    [[0x61, 0xc3], 38],
    [[0xef, 0xbf, 0xbd, 0xe2, 0x82], 38],
    [[0xf0, 0x9f, 0x92, 0xa9, 0xed, 0xa0, 0x80], 39],
  ] as const) {
    const { status, body } = await doors.ask('POST', '/pay', bytesOf([...name]), headers)
    assert.deepEqual([status, (body as Refused).detail], [400, `The body is not UTF-8: see position ${place}.`])
  }
  assert.equal((await doors.ask('POST', '/pay', bytesOf([0xef, 0xbf, 0xbd]), headers)).status, 200)
})

test('415: a body of no media type that is read here', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    assert.equal((await doors.ask('POST', '/pay', 'x', { 'content-type': type })).status, 415)
  }
})

/** What comes back when these bytes are sent, and how it ends. */
const sent = (first: string, then: (socket: Socket) => void = () => {}) =>
  new Promise<string>((resolve) => {
    let received = ''
    const socket = connect(doors.port, '127.0.0.1', () => {
      socket.write(first)
      then(socket)
    })
    socket.on('data', (data) => (received += data.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })

const head = 'POST /pay HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'

test('413: a body of 100 MB is refused, said beforehand or not, and is not read to its end', async () => {
  const told = await sent(`${head}content-length: ${100 * 2 ** 20}\r\n\r\n{`)
  assert.match(told, /^HTTP\/1\.1 413 /)
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
  let chunks = 0
  const untold = await sent(`${head}transfer-encoding: chunked\r\n\r\n`, (socket) => {
    const more = () => {
      while (chunks < 1600 && !socket.destroyed && socket.write(chunk)) chunks += 1
      if (!socket.destroyed && chunks < 1600) socket.once('drain', more)
    }
    more()
  })
  assert.match(untold, /^HTTP\/1\.1 413 /)
  assert.match(untold, /body-too-large/)
  assert.ok(chunks < 1600)
})

test('408: a client that is too slow with its headers, or with its body', async () => {
  for (const beginning of ['POST /pay HTTP/1.1\r\nhost', `${head}content-length: 100\r\n\r\n{`]) {
    const answer = await sent(beginning)
    assert.match(answer, /^HTTP\/1\.1 408 /)
    assert.match(answer, /request-timeout/)
  }
})

test('431: headers beyond all measure', async () => {
  const answer = await sent(`${head}x-much: ${'x'.repeat(2 ** 15)}\r\n\r\n`)
  assert.match(answer, /^HTTP\/1\.1 431 /)
  assert.match(answer, /headers-too-large/)
})

test('a connection on which nothing is ever asked is closed', async () => {
  const socket = connect(doors.port, '127.0.0.1')
    .on('error', () => {})
    .resume()
  await new Promise((resolve) => socket.once('close', resolve))
})

test('200: connections that only stay open keep nobody out', async () => {
  const idle: Socket[] = []
  for (let count = 0; count < connectionsMax * 3; count++) {
    idle.push(connect(doors.port, '127.0.0.1').on('error', () => {}))
  }
  await Promise.all(
    idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  )
  for (let count = 0; count < 20; count++) {
    const answer = await doors.ask('POST', '/pay', { amount: '1', currency: 'THB', to: 'ada' })
    assert.equal(answer.status, 200)
  }
  for (const socket of idle) socket.destroy()
})

const preflight = (origin: string) =>
  options({
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'idempotency-key',
  })
const options = (headers: Record<string, string>) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
    ask({ port: doors.port, method: 'OPTIONS', path: '/pay', headers }, (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers })
    })
      .on('error', reject)
      .end()
  })

test('204: pages of origins that are named may ask; others are not told that they may', async () => {
  const named = await preflight('https://portal.example.org')
  assert.equal(named.status, 204)
  assert.equal(named.headers['access-control-allow-origin'], 'https://portal.example.org')
  assert.match(String(named.headers['access-control-allow-headers']), /idempotency-key/)
  assert.equal((await preflight('https://evil.example')).headers['access-control-allow-origin'], undefined)
  const bare = await options({})
  assert.deepEqual([bare.status, bare.headers['access-control-allow-origin']], [204, undefined])
})

test('origins are addresses without a path, or * alone', () => {
  assert.deepEqual(originsOf(' https://a.example , http://localhost:3000'), [
    'https://a.example',
    'http://localhost:3000',
  ])
  assert.deepEqual(originsOf('*'), ['*'])
  assert.deepEqual(originsOf(undefined), [])
  for (const wrong of ['https://a.example/', 'a.example', '*,https://a.example', 'ftp://a.example']) {
    assert.throws(() => originsOf(wrong), Refusal)
  }
})

test('the OpenAPI document is made from the doors: names, keys, refusals, and nothing without its principal', async () => {
  const { body } = await doors.ask('GET', '/openapi.json')
  const document = body as {
    openapi: string
    paths: Record<string, { post: { operationId: string; parameters: object[]; responses: Record<string, object> } }>
    components: { schemas: Record<string, { required: string[] }> }
    security: object[]
  }
  assert.match(document.openapi, /^3\.1/)
  const operation = document.paths['/pay']?.post
  assert.equal(operation?.operationId, 'pay')
  assert.deepEqual(
    Object.keys(operation?.responses ?? {})
      .sort()
      .slice(0, 4),
    ['200', '400', '401', '403'],
  )
  assert.match(JSON.stringify(operation?.parameters), /"idempotency-key","required":true/)
  assert.deepEqual(document.components.schemas['TestPayment']?.required, ['amount', 'currency', 'to'])
  assert.equal(document.security.length, 2)
})

test('200: the page to try calls loads its own scripts only', async () => {
  const page = await doors.ask('GET', '/docs')
  assert.equal(page.status, 200)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'; script-src 'self';/)
  assert.ok(!/https:|\*/.test(policy))
  assert.ok(!/https?:\/\//.test(page.text.replaceAll(doors.url, '')))
})
