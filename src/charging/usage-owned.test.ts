import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { everybody, openDoors, type OpenedDoors } from '../http/testing.ts'
import { rows } from '../database/reader.ts'
import { importSheet, newSite, type Site } from './testing.ts'
import { addEventRoutes } from './event-routes.ts'
import { Gathering } from './gather-commands.ts'
import { nameOf } from './page.ts'
import { addUsageRoutes } from './usage-routes.ts'
import { factOf } from './usage.ts'

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
beforeEach(() => doors.be(everybody))

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

const portal = async () =>
  ({ name: 'portal', role: 'service', parties: new Set([await uuidOfProject('chem')]) }) as const

const waitingRows = async () =>
  (await rows<{ raw: string }>(site.database.pool, `select raw from metering.quarantine where state = 'waiting'`)).map(
    ({ raw }) => raw,
  )

test('404: whoever may touch some projects only records no usage of another, be it there or not', async () => {
  doors.be(await portal())
  assert.equal((await send(usage())).status, 200)
  for (const project of ['oil', 'nobody', `prj_${(await uuidOfProject('oil')).replaceAll('-', '')}`]) {
    const other = await send(usage({ project }))
    assert.equal(other.status, 404)
    assert.match(other.text, /"body\.project","message":"there is no project “/)
  }
})

test('200: whoever may touch some projects only has an answer for each record, and what is of others is not kept', async () => {
  const taken = usage({ project: 'oil' })
  await send(taken)
  const oil = `prj_${(await uuidOfProject('oil')).replaceAll('-', '')}`
  doors.be(await portal())
  const before = (await waitingRows()).length
  const records = [
    usage(),
    usage({ quantities: { no_such_meter: '1' } }),
    usage({ endsAt: '2026-09-01T00:00:00Z' }),
    usage({ project: 'oil' }),
    usage({ project: oil }),
    usage({ project: 'nobody' }),
    usage({ project: `prj_${'0'.repeat(32)}` }),
    usage({ project: 'oil', quantities: { no_such_meter: '1' } }),
    { ...taken, project: 'chem' },
    usage({ colour: 'red' }),
    'nonsense',
    usage({ project: 'oil', provider: 'nobody' }),
    usage(),
  ]
  const { status, body, text } = await send({ records })
  assert.equal(status, 200, text)
  const expected = [
    ['recorded', undefined],
    ['quarantined', /^quantities.no_such_meter is no meter/],
    ['quarantined', /^endsAt is before startsAt/],
    ['quarantined', /^project: there is no project “oil”$/],
    ['quarantined', new RegExp(`^project: there is no project “${oil}”$`)],
    ['quarantined', /^project: there is no project “nobody”$/],
    ['quarantined', /^project: there is no project “prj_0+”$/],
    ['quarantined', /^project: there is no project “oil”$/],
    ['quarantined', /^id “.*” is taken: choose another id/],
    ['quarantined', /colour is not known here: remove it; it is not kept: mend it/],
    ['quarantined', /must be an object; it is not kept: mend it/],
    ['quarantined', /^project: there is no project “oil”$/],
    ['recorded', undefined],
  ] as const
  for (const [index, [outcome, reason]] of expected.entries()) {
    const item = body.items[index]
    assert.equal(item?.outcome, outcome, `${index}: ${JSON.stringify(item)}`)
    if (reason) assert.match(item?.reason ?? '', reason)
  }
  assert.deepEqual([body.recorded, body.quarantined], [2, 11])
  const kept = (await waitingRows()).slice(before).map((raw) => (JSON.parse(raw) as { id: string }).id)
  assert.deepEqual(kept.sort(), [records[1], records[2]].map((each) => (each as { id: string }).id).sort())
})

test('200: one record that cannot be is answered with its own fault, and an event of many as well', async () => {
  doors.be(await portal())
  const one = await send(usage({ quantities: { no_such_meter: '1' } }))
  assert.deepEqual([one.status, one.body.items[0]?.outcome], [200, 'quarantined'])
  assert.match(one.body.items[0]?.reason ?? '', /no_such_meter is no meter/)
  const many = [
    event(),
    event({ specversion: '0.3' }),
    event({}, { meter: 'no_such_meter' }),
    event({ subject: '/oil/ada' }),
  ]
  const batch = await sendEvents(many, 'application/cloudevents-batch+json')
  const outcomes = batch.body.items.map(({ outcome }) => outcome)
  assert.deepEqual(outcomes, ['recorded', 'quarantined', 'quarantined', 'quarantined'], batch.text)
  assert.match(batch.body.items[3]?.reason ?? '', /^project: there is no project “oil”$/)
})

test('400: a provider that does not say so is told what is missing', async () => {
  const [cluster] = await rows<{ id: string }>(
    site.database.pool,
    `select id from parties.providers where name = 'cluster'`,
  )
  doors.be({ name: 'meter', role: 'provider', parties: new Set([cluster?.id ?? '']) })
  assert.equal((await send(usage({ project: 'oil' }))).body.items[0]?.outcome, 'recorded')
  const nameless = await send(usage({ project: 'oil', provider: undefined }))
  assert.equal(nameless.status, 400)
  assert.match(nameless.text, /"body\.provider","message":"is missing: without it “portal” is meant/)
  const many = await send({
    records: [usage({ provider: undefined }), usage({ source: 'cluster', provider: undefined })],
  })
  assert.deepEqual(
    many.body.items.map(({ outcome }) => outcome),
    ['quarantined', 'recorded'],
  )
  assert.match(many.body.items[0]?.reason ?? '', /^provider is missing/)
})

test('400: whoever may touch some projects only corrects nothing that was said of another', async () => {
  const one = usage({ project: 'oil', measuredAt: '2026-10-01T01:00:00Z' })
  assert.equal((await send(one)).body.items[0]?.outcome, 'recorded')
  doors.be({ name: 'portal', role: 'service', parties: new Set([await uuidOfProject('chem')]) })
  const taken = await send({ ...one, project: 'chem', quantities: { cpu_core_seconds: '0' }, measuredAt: undefined })
  assert.equal(taken.status, 400)
  assert.match(taken.text, /"body\.id"/)
  const mine = usage()
  assert.equal((await send(mine)).body.items[0]?.outcome, 'recorded')
  assert.equal((await send({ ...mine, quantities: { cpu_core_seconds: '0' } })).body.items[0]?.outcome, 'corrected')
})

test('a record that somebody else took while the request was under way is not corrected', async () => {
  const one = usage({ project: 'oil', measuredAt: '2026-10-01T01:00:00Z' })
  assert.equal((await send(one)).body.items[0]?.outcome, 'recorded')
  const { house, memory } = site
  const measuredAt = '2026-10-01T02:00:00Z'
  const fact = factOf({ ...one, project: 'chem', quantities: {}, measuredAt }, 'api:portal', '{}', 0)
  const owners = new Map([[nameOf(fact), new Set(['nobody'])]])
  const gathering = new Gathering(house, 'quarantine', memory)
  await assert.rejects(gathering.charge('portal', { facts: [fact], bad: [], owners }), { type: 'request-invalid' })
  const mine = new Map([[nameOf(fact), new Set([await uuidOfProject('oil')])]])
  assert.equal((await gathering.charge('portal', { facts: [fact], bad: [], owners: mine })).corrected, 1)
})
