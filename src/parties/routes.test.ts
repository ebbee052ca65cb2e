import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { everybody, openDoors, type OpenedDoors } from '../http/testing.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { uuidOf, type Id } from '../values/id.ts'
import { addPartyRoutes } from './routes.ts'

let fresh: FreshHouse
let doors: OpenedDoors
before(async () => {
  fresh = await freshHouse()
  doors = await openDoors((server) => addPartyRoutes(server, fresh.house))
  const rows = [
    { organisation: 'lab', tier: 'gov', project: 'chem', payment: 'prepaid', person: 'ada', email: 'ada@example.org' },
    { organisation: 'lab', project: 'bio', person: 'bob' },
    { organisation: 'firm', tier: 'private', project: 'oil', person: 'eve', provider: 'cluster' },
  ]
  assert.equal((await doors.ask('POST', '/api/v1/parties/import', { rows })).status, 200)
})
after(async () => {
  await doors.close()
  await fresh.drop()
})
beforeEach(() => doors.be(everybody))

type Item = { id: string; name: string }
type Page = { items: Item[]; next: string | null }
const list = async (path: string) => (await doors.ask('GET', path)).body as Page
const idNamed = async (path: string, name: string) => {
  const found = (await list(path)).items.find((item) => item.name === name)
  assert.ok(found, `${name} is in ${path}`)
  return found.id
}

test('200: lists are read in pages, each going on where the one before ended', async () => {
  const names: string[] = []
  let cursor = ''
  for (let pages = 0; pages < 5; pages++) {
    const page: Page = await list(`/api/v1/projects?limit=2${cursor}`)
    names.push(...page.items.map(({ name }) => name))
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  assert.deepEqual(names, ['bio', 'chem', 'oil'])
})

test('400: a cursor, limit or field that no list knows is refused by its name', async () => {
  for (const [query, field] of [
    ['cursor=x', 'query.cursor'],
    ['cursor=WzFd', 'query.cursor'],
    ['limit=0', 'query.limit'],
    ['limit=1e3', 'query.limit'],
    ['limit=1001', 'query.limit'],
    ['colour=red', 'query.colour'],
    ['cursor=%00', 'query.cursor'],
  ]) {
    const { status, body } = await doors.ask('GET', `/api/v1/projects?${query}`)
    assert.equal(status, 400, query)
    assert.equal((body as { issues: { field: string }[] }).issues[0]?.field, field, query)
  }
})

test('200: whoever may look at one project sees it, whose it is, and its members; nobody else', async () => {
  const chem = await idNamed('/api/v1/projects', 'chem')
  const oil = await idNamed('/api/v1/projects', 'oil')
  const lab = await idNamed('/api/v1/organisations', 'lab')
  doors.be({ name: 'ada', role: 'user', parties: new Set([uuidOf(chem as Id<'project'>)]) })
  const names = async (path: string) => (await list(path)).items.map(({ name }) => name)
  assert.deepEqual(await names('/api/v1/projects'), ['chem'])
  assert.deepEqual(await names('/api/v1/organisations'), ['lab'])
  assert.deepEqual(await names('/api/v1/people'), ['ada'])
  assert.equal((await doors.ask('GET', `/api/v1/projects/${chem}`)).status, 200)
  assert.equal((await doors.ask('GET', `/api/v1/projects/${oil}`)).status, 404)
  // How a project pays is the site's matter, whosever it is.
  for (const project of [oil, chem]) {
    assert.equal((await doors.ask('PATCH', `/api/v1/projects/${project}`, { payment: 'prepaid' })).status, 403)
  }
  assert.equal((await doors.ask('PATCH', `/api/v1/organisations/${lab}`, { tier: 'default' })).status, 403)
  assert.equal((await doors.ask('POST', '/api/v1/parties/import', { rows: [{ provider: 'x' }] })).status, 403)
  doors.be({ name: 'head', role: 'user', parties: new Set([uuidOf(lab as Id<'organisation'>)]) })
  assert.deepEqual(await names('/api/v1/projects'), ['bio', 'chem'])
})

test('200: a change under the same key is made once and answers the same bytes', async () => {
  const bio = await idNamed('/api/v1/projects', 'bio')
  const headers = { 'idempotency-key': randomUUID() }
  const first = await doors.ask('PATCH', `/api/v1/projects/${bio}`, { payment: 'prepaid' }, headers)
  const second = await doors.ask('PATCH', `/api/v1/projects/${bio}`, { payment: 'prepaid' }, headers)
  assert.equal(first.status, 200)
  assert.match(first.headers.get('operation-id') ?? '', /^op_\d+$/)
  assert.equal(second.text, first.text)
  assert.equal(second.headers.get('operation-id'), first.headers.get('operation-id'))
  assert.deepEqual(first.body, { id: bio, changed: [{ field: 'payment', from: 'postpaid', to: 'prepaid' }] })
  const other = await doors.ask('PATCH', `/api/v1/projects/${bio}`, { payment: 'postpaid' }, headers)
  assert.equal(other.status, 409)
})

test('412: a change of what was changed meanwhile is refused; 304: nothing is sent twice', async () => {
  const firm = await idNamed('/api/v1/organisations', 'firm')
  const path = `/api/v1/organisations/${firm}`
  const etag = (await doors.ask('GET', path)).headers.get('etag') ?? ''
  assert.equal((await doors.ask('GET', path, undefined, { 'if-none-match': etag })).status, 304)
  assert.equal((await doors.ask('PATCH', path, { tier: 'gov' }, { 'if-match': etag })).status, 200)
  const late = await doors.ask('PATCH', path, { tier: 'mu' }, { 'if-match': etag })
  assert.equal(late.status, 412)
  const now = await doors.ask('GET', path)
  assert.equal((now.body as { tier: string }).tier, 'gov')
  assert.equal(now.headers.get('etag'), (late.body as { etag: string }).etag)
})

test('200: an import of CSV, and a dry run that changes nothing', async () => {
  const csv = 'organisation,tier,project\nnew,default,fresh\n'
  const headers = { 'content-type': 'text/csv' }
  const dry = await doors.ask('POST', '/api/v1/parties/import?dryRun=true', csv, headers)
  assert.deepEqual((dry.body as { added: object }).added, { organisation: 1, project: 1 })
  assert.ok(!(await list('/api/v1/projects')).items.some(({ name }) => name === 'fresh'))
  const done = await doors.ask('POST', '/api/v1/parties/import', csv, headers)
  assert.deepEqual(done.body, dry.body)
  assert.ok((await list('/api/v1/projects')).items.some(({ name }) => name === 'fresh'))
})

test('400: an import with a mistake names the row and field, and changes nothing', async () => {
  const rows = [{ organisation: 'other' }, { project: 'nobody' }]
  const { status, body } = await doors.ask('POST', '/api/v1/parties/import', { rows })
  assert.equal(status, 400)
  assert.equal((body as { issues: { field: string }[] }).issues[0]?.field, 'body.rows.1.organisation')
  const nul = await doors.ask('POST', '/api/v1/parties/import', { rows: [{ organisation: 'a\0b' }] })
  assert.equal(nul.status, 400)
  assert.deepEqual((nul.body as { issues: object[] }).issues[0], {
    field: 'body.rows.0.organisation',
    message: 'holds a NUL character: remove it',
  })
})

test('415: a body of a media type that the door does not take', async () => {
  const { status } = await doors.ask('POST', '/api/v1/parties/import', 'a: b', { 'content-type': 'application/yaml' })
  assert.equal(status, 415)
})

test('201: one party is made at a time, and the same key makes it once', async () => {
  const key = { 'idempotency-key': 'make-1' }
  const made = await doors.ask('POST', '/api/v1/organisations', { name: 'Made', tier: 'mu' }, key)
  assert.equal(made.status, 201)
  assert.deepEqual(
    (await doors.ask('POST', '/api/v1/organisations', { name: 'Made', tier: 'mu' }, key)).body,
    made.body,
  )
  const { id } = made.body as { id: string }
  const project = await doors.ask('POST', '/api/v1/projects', { name: 'made-p', organisation: id, payment: 'prepaid' })
  assert.equal(project.status, 201)
  const { body } = await doors.ask('GET', `/api/v1/projects/${(project.body as { id: string }).id}`)
  assert.deepEqual([(body as { tier: string }).tier, (body as { payment: string }).payment], ['mu', 'prepaid'])
  assert.equal((await doors.ask('POST', '/api/v1/people', { name: 'maria', email: 'm@example.org' })).status, 201)
  assert.equal((await doors.ask('POST', '/api/v1/providers', { name: 'made-site' })).status, 201)
})

test('409: a name is given once; 400: a project belongs to an organisation that is there', async () => {
  const again = await doors.ask('POST', '/api/v1/projects', {
    name: 'chem',
    organisation: await idNamed('/api/v1/organisations', 'firm'),
  })
  assert.equal(again.status, 409)
  assert.equal((again.body as { type: string }).type, '/problems/name-taken')
  assert.equal((again.body as { id: string }).id, await idNamed('/api/v1/projects', 'chem'))
  const nowhere = await doors.ask('POST', '/api/v1/projects', { name: 'x', organisation: `org_${'0'.repeat(32)}` })
  assert.equal(nowhere.status, 400)
})

test('400: nobody is called by what reads as an id', async () => {
  const name = `prj_${'0'.repeat(32)}`
  const made = await doors.ask('POST', '/api/v1/providers', { name })
  assert.equal(made.status, 400)
  assert.match(made.text, /body\.name.*reads as an id/)
  const rows = [{ organisation: 'lab', project: name }]
  const imported = await doors.ask('POST', '/api/v1/parties/import', { rows })
  assert.equal(imported.status, 400)
  assert.match(imported.text, /project.*reads as an id/)
})

test('403: whoever sees some parties only makes none', async () => {
  const chem = await idNamed('/api/v1/projects', 'chem')
  doors.be({ name: 'ada', role: 'supervisor', parties: new Set([uuidOf(chem as Id<'project'>)]) })
  assert.equal((await doors.ask('POST', '/api/v1/providers', { name: 'mine' })).status, 403)
  const nobody = `org_${'0'.repeat(32)}`
  assert.equal((await doors.ask('POST', '/api/v1/projects', { name: 'mine', organisation: nobody })).status, 403)
})
