import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openDoors, type OpenedDoors } from '../http/testing.ts'
import { rows } from '../database/reader.ts'
import { importSheet, newSite, type Site } from './testing.ts'
import { addEventRoutes } from './event-routes.ts'
import { Gathering } from './gather-commands.ts'
import { addUsageRoutes } from './usage-routes.ts'

let site: Site
let doors: OpenedDoors
before(async () => {
  site = await newSite()
  await importSheet(site.house, 'organisation,project,person,provider\nlab,chem,ada,\nfirm,oil,,\n,,,cluster\n')
  const { house, memory } = site
  const unknown = 'quarantine'
  const parts = { house, unknown, memory, gathering: new Gathering(house, unknown, memory), count: () => {} } as const
  doors = await openDoors((server) => {
    addUsageRoutes(server, parts)
    addEventRoutes(server, parts)
  })
})
after(async () => {
  await doors.close()
  await site.drop()
})

const usage = (over: object = {}) => ({
  id: randomUUID(),
  source: 'portal',
  project: 'chem',
  person: 'ada',
  provider: 'cluster',
  service: 'slurm',
  startsAt: '2026-10-01T00:00:00Z',
  endsAt: '2026-10-01T01:00:00Z',
  quantities: { cpu_core_seconds: '7200' },
  ...over,
})

type Item = { id: string; outcome: string; reason?: string; record?: string; charged?: object; state?: string }
type UsageAnswer = { items: Item[]; recorded: number; duplicates: number; quarantined: number; charged: object }
const send = async (body: unknown, headers = {}) => {
  const answer = await doors.ask('POST', '/api/v1/usage', body, headers)
  return { ...answer, body: answer.body as UsageAnswer }
}

test('200: one record is recorded, priced and charged; again it is a duplicate; measured later it is corrected', async () => {
  const one = usage({ measuredAt: '2026-10-01T01:00:00Z' })
  const first = await send(one)
  assert.equal(first.status, 200, first.text)
  const [item] = first.body.items
  assert.deepEqual([item?.id, item?.outcome, item?.state, item?.charged], [one.id, 'recorded', 'charged', { THB: '2' }])
  assert.match(item?.record ?? '', /^rec_\d+$/)
  assert.match(first.headers.get('operation-id') ?? '', /^op_\d+$/)
  assert.equal((await send(one)).body.items[0]?.outcome, 'duplicate')
  const inOtherDigits = { ...one, quantities: { cpu_core_seconds: '07200.00' }, measuredAt: '2026-10-01T01:30:00Z' }
  assert.equal((await send(inOtherDigits)).body.items[0]?.outcome, 'duplicate')
  const more = { ...one, quantities: { cpu_core_seconds: '10800' }, measuredAt: '2026-10-01T02:00:00Z' }
  const corrected = await send(more)
  assert.equal(corrected.body.items[0]?.outcome, 'corrected')
  assert.deepEqual(corrected.body.items[0]?.charged, { THB: '3' })
  assert.deepEqual(corrected.body.charged, { THB: '1' }, 'the page came to the difference')
})

test('200: under one key the answer stays the same, byte for byte; 409: for another body', async () => {
  const headers = { 'idempotency-key': randomUUID() }
  const one = usage()
  const first = await send(one, headers)
  const second = await send(one, headers)
  assert.equal(second.text, first.text)
  assert.equal(first.body.items[0]?.outcome, 'recorded')
  assert.equal((await send(usage(), headers)).status, 409)
})

test('200: of many, each has its answer, and what cannot be read stops no other', async () => {
  const good = usage()
  const records = [
    good,
    usage({ project: 'nobody' }),
    usage({ quantities: { cpu_core_seconds: '-1' } }),
    usage({ quantities: { no_such_meter: '1' } }),
    usage({ endsAt: '2026-09-01T00:00:00Z' }),
    usage({ endsAt: '2126-09-01T00:00:00Z' }),
    usage({ measuredAt: '2126-09-01T00:00:00Z' }),
    usage({ colour: 'red' }),
    usage({ quantities: { cpu_core_seconds: 7200 } }),
    'nonsense',
    usage({ service: 'unpriced-service' }),
  ]
  const { status, body, text } = await send({ records })
  assert.equal(status, 200, text)
  const expected = [
    ['recorded', undefined],
    ['quarantined', /there is no project "nobody"/],
    ['quarantined', /quantities.cpu_core_seconds must be an exact decimal of zero or more/],
    ['quarantined', /no_such_meter is no meter/],
    ['quarantined', /endsAt is before startsAt/],
    ['quarantined', /endsAt is in the future/],
    ['quarantined', /measuredAt is in the future/],
    ['quarantined', /colour is not known here/],
    ['quarantined', /write it as a string/],
    ['quarantined', /must be an object/],
    ['recorded', /no price/i],
  ] as const
  for (const [index, [outcome, reason]] of expected.entries()) {
    const item = body.items[index]
    assert.equal(item?.outcome, outcome, `${index}: ${JSON.stringify(item)}`)
    if (reason) assert.match(item?.reason ?? '', reason)
  }
  assert.deepEqual([body.recorded, body.quarantined], [2, 9])
  const waiting = await rows<{ count: string }>(
    site.database.pool,
    `select count(*) from metering.quarantine where state = 'waiting'`,
  )
  assert.equal(waiting[0]?.count, '9')
})

test('200: what is sent one by one, all at once, is charged once each, and each has its own answer', async () => {
  const many = Array.from({ length: 60 }, (_, index) =>
    usage({ quantities: { cpu_core_seconds: String(3600 * (index + 1)) } }),
  )
  const answers = await Promise.all([...many, ...many.slice(0, 10)].map((one) => send(one)))
  for (const [index, { status, body }] of answers.slice(10, 60).entries()) {
    assert.equal(status, 200)
    assert.deepEqual(body.charged, { THB: String(index + 11) })
  }
  const outcomes = answers.map(({ body }) => body.items[0]?.outcome)
  assert.equal(outcomes.filter((outcome) => outcome === 'recorded').length, 60)
  assert.equal(outcomes.filter((outcome) => outcome === 'duplicate').length, 10)
})

test('400: one record with a mistake is refused with the name of the field', async () => {
  for (const [wrong, field, message] of [
    [{ quantities: { cpu_core_seconds: 'NaN' } }, 'body.quantities.cpu_core_seconds', /exact decimal/],
    [{ quantities: { cpu_core_seconds: 1.5 } }, 'body.quantities.cpu_core_seconds', /write it as a string/],
    [{ startsAt: 'yesterday' }, 'body.startsAt', /RFC 3339/],
    [{ measuredAt: 'yesterday' }, 'body.measuredAt', /^must be a time of RFC 3339 .*, such as [0-9TZ:-]+$/],
    [{ source: ' ' }, 'body.source', /^must be a name of 1 to 200 characters, not blank$/],
    [{ person: 5 }, 'body.person', /^must be a text of 1 to 200 characters: write it as a string, in quotes$/],
    [{ person: true }, 'body.person', /^must be a text of 1 to 200 characters$/],
    [{ final: 'yes' }, 'body.final', /^must be true or false$/],
    [
      { quantities: { 'CPU s': '1' } },
      'body.quantities.CPU s',
      /^is no name there: it must be a word of lower-case letters, digits and _/,
    ],
    [{ colour: 'red' }, 'body.colour', /not known/],
    [{ project: '' }, 'body.project', /must be a text of 1 to 200 characters/],
    [{ person: 'a\0b' }, 'body.person', /NUL/],
  ] as const) {
    const { status, body } = await send(usage(wrong))
    const [issue] = (body as unknown as { issues: { field: string; message: string }[] }).issues
    assert.equal(status, 400)
    assert.equal(issue?.field, field)
    assert.match(issue?.message ?? '', message)
  }
})

test('200: parties are named by their ids, too', async () => {
  const id = `prj_${(await uuidOfProject('chem')).replaceAll('-', '')}`
  assert.equal((await send(usage({ project: id }))).body.items[0]?.outcome, 'recorded')
  const nobody = await send(usage({ project: `prj_${'0'.repeat(32)}` }))
  assert.deepEqual(
    [nobody.body.items[0]?.outcome, nobody.body.items[0]?.reason],
    ['quarantined', `project: there is no project prj_${'0'.repeat(32)}`],
  )
})

async function uuidOfProject(name: string): Promise<string> {
  const [project] = await rows<{ id: string }>(site.database.pool, `select id from parties.projects where name = $1`, [
    name,
  ])
  return project?.id ?? ''
}

const event = (over: object = {}, data: object = {}) => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/sites/a',
  type: 'slurm',
  subject: '/chem/ada',
  time: '2026-10-01T01:00:00Z',
  data: { meter: 'cpu_core_seconds', value: '3600', provider: 'cluster', from: '2026-10-01T00:00:00Z', ...data },
  ...over,
})
const sendEvents = async (body: unknown, type: string, headers = {}) => {
  const answer = await doors.ask('POST', '/api/v1/events', body, { 'content-type': type, ...headers })
  return { ...answer, body: answer.body as UsageAnswer }
}

test('200: events come structured, as a batch, and binary', async () => {
  const one = await sendEvents(event({ queue: 'long' }), 'application/cloudevents+json')
  assert.deepEqual(
    [one.status, one.body.items[0]?.outcome, one.body.charged],
    [200, 'recorded', { THB: '1' }],
    one.text,
  )
  const twice = event()
  const many = [
    twice,
    twice,
    event({}, { value: 'much' }),
    event({ specversion: '0.3' }),
    event({ subject: undefined }),
  ]
  const batch = await sendEvents(many, 'application/cloudevents-batch+json')
  const outcomes = batch.body.items.map(({ outcome }) => outcome)
  assert.deepEqual(outcomes, ['recorded', 'duplicate', 'quarantined', 'quarantined', 'quarantined'], batch.text)
  const [first, again] = batch.body.items
  assert.deepEqual(
    [again?.record, again?.reason],
    [first?.record, 'the same source and id stand in this request before'],
  )
  assert.deepEqual([batch.body.charged, batch.body.recorded, batch.body.duplicates], [{ THB: '1' }, 1, 1])
  const { data, ...attributes } = event()
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]))
  const binary = await sendEvents(data, 'application/json', headers)
  assert.deepEqual([binary.status, binary.body.items[0]?.outcome], [200, 'recorded'], binary.text)
  const later = await sendEvents(data, 'application/json', headers)
  assert.equal(later.body.items[0]?.outcome, 'duplicate')
})

test('200: an attribute of an event that is null is absent', async () => {
  const nulls = { traceparent: null, dataschema: null, datacontenttype: null }
  const told = await sendEvents(event({ ...nulls, queue: 'long' }), 'application/cloudevents+json')
  assert.deepEqual([told.status, told.body.items[0]?.outcome], [200, 'recorded'], told.text)
  const project = { project: 'chem', startsAt: '2026-11-02T08:00:00Z', endsAt: '2026-11-02T09:00:00Z' }
  const bare = await sendEvents([event({ subject: null, time: null }, project)], 'application/cloudevents-batch+json')
  assert.deepEqual([bare.status, bare.body.items[0]?.outcome], [200, 'recorded'], bare.text)
  const missing = await sendEvents(event({ time: null }), 'application/cloudevents+json')
  assert.match(missing.text, /body\.data\.endsAt.*is missing, and so are data\.to and time/)
  assert.equal((await sendEvents(event({ source: null }), 'application/cloudevents+json')).status, 400)
})

test('400: one event with a mistake; 415: what is no event', async () => {
  const late = await sendEvents(event({ time: 'now' }), 'application/cloudevents+json')
  assert.equal(late.status, 400)
  assert.match(late.text, /body\.time/)
  assert.equal((await sendEvents(event(), 'application/json')).status, 400)
  assert.equal((await sendEvents([], 'application/cloudevents-batch+json')).status, 400)
  assert.equal((await sendEvents('a,b', 'text/csv')).status, 415)
})
