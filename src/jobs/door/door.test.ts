import { strict as assert } from 'node:assert'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { Problem } from '../../http/problem.ts'
import { openDoors } from '../../http/testing.ts'
import { list, model, nullable, optional, parameters, ruled } from '../lax/model.ts'
import { moment, microsText } from '../lax/moment.ts'
import { decimal, int, money } from '../lax/number.ts'
import { flag, literal, text, uuid, word } from '../lax/text.ts'
import { jobDoor, openJobScope } from './door-routes.ts'
import { told } from './envelope.ts'
import { Fault } from './fault.ts'

const Tier = model('TestTier', { from: int({ ge: 0 }), to: optional(nullable(int({ ge: 0 })), null) })
const Thing = ruled(
  model('TestThing', {
    id: uuid(),
    name: text(),
    amount: money({ gt: 0 }),
    rate: optional(decimal({ ge: 0, le: 1 }), null),
    kind: optional(word(['oneshot', 'longrun', 'storage'], { anyCase: true }), 'oneshot'),
    only: optional(literal('this'), 'this'),
    since: optional(moment(), null),
    tiers: optional(list(Tier, { min: 1 }), []),
  }),
  ({ name }) => (name === 'bad' ? 'name is bad' : undefined),
)

const doors = await openDoors((server) => {
  openJobScope(server, (scope) => {
    jobDoor(
      scope,
      {
        method: 'POST',
        path: '/thing',
        operation: 'jobs.read',
        id: 'makeThing',
        summary: 'Make a thing',
        body: Thing,
        answer: Type.Object({ id: Type.String() }),
        status: 201,
        message: 'Thing made',
        faults: [400],
      },
      ({ body }) => ({
        ...body,
        amount: String(body.amount),
        rate: body.rate && `${body.rate.digits}e-${body.rate.places}`,
        since: body.since === null ? null : microsText(body.since),
      }),
    )
    jobDoor(
      scope,
      {
        method: 'GET',
        path: '/thing/:thing_id',
        operation: 'jobs.read',
        id: 'oneThing',
        summary: 'One thing',
        params: parameters({ thing_id: uuid() }),
        query: parameters({ deep: optional(flag(), false), page: optional(int({ ge: 1 }), 1) }),
        status: 200,
        message: 'Thing',
      },
      async ({ params: { thing_id: id }, query: { deep, page } }) => {
        if (page === 2) throw Fault.notFound('Thing not found')
        if (page === 3) throw new Problem('insufficient-credits', { available: '3' })
        if (page === 4) throw new Error('a bug')
        if (page === 5) throw new Problem('overloaded')
        return deep ? told(`Thing ${id}`, { id, deep }) : null
      },
    )
  })
})
after(() => doors.close())

const id = 'f81d4fae-7dec-4d0c-a765-00a0c91e6bf6'
const post = async (body: unknown, headers?: Record<string, string>) => {
  const { status, body: answer } = await doors.ask('POST', '/thing', body, headers)
  return { status, body: answer as { message: string; data: { [field: string]: unknown }; details: unknown } }
}
const issues = async (body: unknown, headers?: Record<string, string>) => {
  const { status, body: fault } = await post(body, headers)
  assert.deepEqual({ status, message: fault.message }, { status: 422, message: 'Validation error' })
  return fault.details as { type: string; loc: unknown[]; msg: string; ctx?: object }[]
}
const whole = { id, name: 'n', amount: 1 }

test('201: what may be written in many ways is read as the reference service reads it', async () => {
  const { status, body } = await post({
    id: `urn:uuid:${id.toUpperCase()}`,
    name: '',
    amount: ' 1_000.5e-1 ',
    rate: 0.2,
    kind: 'LONGRUN',
    since: '2024-01-01 07:00:00.123+07:00',
    tiers: [{ from: '10' }, { from: 2.0, to: null }],
  })
  assert.equal(status, 201)
  assert.equal(body.message, 'Thing made')
  assert.deepEqual(body.data, {
    id,
    name: '',
    amount: '100050000000',
    rate: '2e-1',
    kind: 'longrun',
    only: 'this',
    since: '2024-01-01T00:00:00.123000Z',
    tiers: [
      { from: 10, to: null },
      { from: 2, to: null },
    ],
  })
  const bare = await post({ ...whole, id: id.replaceAll('-', ''), since: 1704067200 })
  assert.deepEqual([bare.body.data['id'], bare.body.data['since']], [id, '2024-01-01T00:00:00Z'])
})

test('201: a body that does not say what it is counts as JSON', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const asking = request(`${doors.url}/thing`, { method: 'POST' }, (response) => {
      let read = ''
      response.on('data', (piece: Buffer) => (read += piece.toString()))
      response.on('end', () => resolve(`${response.statusCode} ${read}`))
    })
    asking.on('error', reject)
    asking.end(JSON.stringify(whole))
  })
  assert.match(answer, /^201 \{"message":"Thing made","data":\{/)
})

test('422: each thing that is wrong is told with its type, place and words', async () => {
  assert.deepEqual(await issues({ ...whole, id: 'x', name: 5, amount: 0, tiers: [], more: 1 }), [
    {
      type: 'uuid_parsing',
      loc: ['body', 'id'],
      msg: 'Input should be a valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1',
      ctx: {
        error: 'invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1',
      },
    },
    { type: 'string_type', loc: ['body', 'name'], msg: 'Input should be a valid string' },
    { type: 'greater_than', loc: ['body', 'amount'], msg: 'Input should be greater than 0', ctx: { gt: 0 } },
    {
      type: 'too_short',
      loc: ['body', 'tiers'],
      msg: 'List should have at least 1 item after validation, not 0',
      ctx: { field_type: 'List', min_length: 1, actual_length: 0 },
    },
    { type: 'extra_forbidden', loc: ['body', 'more'], msg: 'Extra inputs are not permitted' },
  ])
  assert.deepEqual(await issues({}), [
    { type: 'missing', loc: ['body', 'id'], msg: 'Field required' },
    { type: 'missing', loc: ['body', 'name'], msg: 'Field required' },
    { type: 'missing', loc: ['body', 'amount'], msg: 'Field required' },
  ])
  assert.deepEqual(await issues({ ...whole, kind: 'x', only: 'that' }), [
    {
      type: 'enum',
      loc: ['body', 'kind'],
      msg: "Input should be 'oneshot', 'longrun' or 'storage'",
      ctx: { expected: "'oneshot', 'longrun' or 'storage'" },
    },
    { type: 'literal_error', loc: ['body', 'only'], msg: "Input should be 'this'", ctx: { expected: "'this'" } },
  ])
  assert.deepEqual(await issues({ ...whole, name: 'bad' }), [
    { type: 'value_error', loc: ['body'], msg: 'Value error, name is bad', ctx: { error: {} } },
  ])
})

test('422: a body that is none, is no JSON or is something else is told as such', async () => {
  const json = { 'content-type': 'application/json' }
  const missing = [{ type: 'missing', loc: ['body'], msg: 'Field required' }]
  assert.deepEqual(await issues(undefined), missing)
  assert.deepEqual(await issues('', json), missing)
  assert.deepEqual(await issues('null', json), missing)
  const attributes = [
    {
      type: 'model_attributes_type',
      loc: ['body'],
      msg: 'Input should be a valid dictionary or object to extract fields from',
    },
  ]
  assert.deepEqual(await issues('[]', json), attributes)
  for (const type of ['text/plain', 'json', ''])
    assert.deepEqual(await issues(JSON.stringify(whole), { 'content-type': type }), attributes, type)
  assert.deepEqual(await issues('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), attributes)
  const broken: [text: string, offset: number, error: string][] = [
    ['{"id": }', 7, 'Expecting value'],
    ['{"id" 1}', 6, "Expecting ':' delimiter"],
    ['{"id": 1 "a": 2}', 9, "Expecting ',' delimiter"],
    ['{id: 1}', 1, 'Expecting property name enclosed in double quotes'],
    ['{"id": [1, {}, true]} x', 22, 'Extra data'],
    ['{"id": "a', 7, 'Expecting value'],
    ['{"a": [', 7, 'Expecting value'],
  ]
  for (const [text, offset, error] of broken) {
    assert.deepEqual(await issues(text, json), [
      { type: 'json_invalid', loc: ['body', offset], msg: 'JSON decode error', ctx: { error } },
    ])
  }
  const [before, after] = JSON.stringify({ ...whole, name: '|' }).split('|') as [string, string]
  const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)])
  assert.deepEqual(await issues(bytes, json), [
    { type: 'json_invalid', loc: ['body', before.length], msg: 'JSON decode error', ctx: { error: 'Invalid UTF-8' } },
  ])
  const [issue] = await issues(`{"id":"${id}","name":"NaN","amount":NaN}`, json)
  assert.deepEqual([issue?.type, issue?.loc], ['finite_number', ['body', 'amount']])
  const [huge] = await issues(`{"id":"${id}","name":"n","amount":123456789012345678901234}`, json)
  assert.equal(huge?.type, 'less_than')
})

test('413: a body beyond the limit is refused in the envelope', async () => {
  const { status, body } = await post({ ...whole, name: 'x'.repeat(2 ** 20) })
  assert.equal(status, 413)
  assert.deepEqual(Object.keys(body), ['error_code', 'message', 'details'])
})

test('200: paths and queries are read laxly, and what nobody knows in a query is left alone', async () => {
  const { body } = await doors.ask('GET', `/thing/${id.toUpperCase()}?deep=Yes&page=7&page=1&other=1`)
  assert.deepEqual(body, { message: `Thing ${id}`, data: { id, deep: true } })
  assert.deepEqual((await doors.ask('GET', `/thing/${id}`)).body, { message: 'Thing', data: null })
  const wrong = await doors.ask('GET', '/thing/5?deep=perhaps&page=0')
  assert.deepEqual(
    (wrong.body as { details: { loc: unknown; type: string }[] }).details.map(({ loc, type }) => [loc, type]),
    [
      [['path', 'thing_id'], 'uuid_parsing'],
      [['query', 'deep'], 'bool_parsing'],
      [['query', 'page'], 'greater_than_equal'],
    ],
  )
})

test('404, 402, 503: refusals come in the envelope, those of the house too', async () => {
  const ask = (page: number) => doors.ask('GET', `/thing/${id}?page=${page}`)
  const lost = await ask(2)
  assert.deepEqual(
    [lost.status, lost.body],
    [404, { error_code: 'ENTITY_NOT_FOUND', message: 'Thing not found', details: null }],
  )
  const poor = await ask(3)
  assert.deepEqual([poor.status, (poor.body as { error_code: string }).error_code], [402, 'INSUFFICIENT_FUNDS'])
  const busy = await ask(5)
  assert.deepEqual([busy.status, busy.headers.get('retry-after')], [503, '1'])
  assert.deepEqual((busy.body as { details: unknown }).details, { type: '/problems/overloaded' })
})

test('500: a bug says nothing of itself', async () => {
  const { status, text: said } = await doors.ask('GET', `/thing/${id}?page=4`)
  assert.equal(status, 500)
  assert(!said.includes('a bug'))
})

test('the API document shows the door with its envelope and its refusals', async () => {
  const { body } = await doors.ask('GET', '/openapi.json')
  const { paths } = body as { paths: Record<string, Record<string, { tags: string[]; responses: object }>> }
  const made = paths['/thing']?.['post']
  assert.deepEqual(made?.tags, ['jobs'])
  assert.deepEqual(Object.keys(made.responses), ['201', '400', '401', '403', '409', '422', '503'])
  assert(paths['/thing/{thing_id}']?.['get'])
})
