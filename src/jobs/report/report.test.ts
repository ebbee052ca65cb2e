import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { microsText } from '../lax/moment.ts'
import { openJobDoors } from '../testing.ts'
import { openReports } from './testing.ts'

const scene = await openReports({ after })
const { done, lab, project, other, user, at, oneshot, longrun, used, told, stored, report } = scene
const ask = (method: string, path: string) => scene.ask(method, path)
const text = (seconds: number) => microsText(BigInt(seconds) * 1_000_000n)
const group = randomUUID()

const first = await oneshot({ name: 'the first', group_id: group })
await used(first, 80, at)
const second = await longrun()
await told(second, 'started', at + 10, { instances: 2 })
await told(second, 'finished', at + 110)
const third = await oneshot({ proj_id: other })
await used(third, 10, at + 20, { proj_id: other })
await stored(1000, at + 30)
await stored(2000, at + 130)
const waiting = await oneshot()
const running = await longrun()
await told(running, 'started', at + 5, { instances: 1 })
const released = await longrun()
await done('DELETE', `/reservation/longrun/${released}`)

const ids = async (path: string) => (await report(path)).items.map(({ job_id: id }) => id)

test('200: a report of a project lists finished jobs, the one that started last first, with what each type has', async () => {
  const { items } = await report(`/report/project/${project}`)
  const [storage, ...others] = items
  const reserved = others.map(({ reserved_at: reservedAt }) => {
    assert.match(String(reservedAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/)
    return reservedAt
  })
  assert.match(String(storage?.['job_id']), /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  assert.deepEqual(items, [
    {
      job_id: storage?.['job_id'],
      type: 'storage',
      subtype: 'storage',
      started_at: text(at + 30),
      finished_at: text(at + 130),
      amount: '0.1',
      duration: 100,
      size: 1000,
    },
    {
      job_id: second,
      user_id: user,
      type: 'longrun',
      subtype: 'notebook',
      reserved_at: reserved[0],
      started_at: text(at + 10),
      amount: '2.6',
      reserved_amount: '2.7',
      finished_at: text(at + 110),
      cancelled_at: null,
      duration: 100,
      reserved_duration: 300,
    },
    {
      job_id: first,
      user_id: user,
      name: 'the first',
      group_id: group,
      type: 'oneshot',
      subtype: 'ml-llm',
      reserved_at: reserved[1],
      started_at: text(at),
      amount: '1.3',
      reserved_amount: '1.5',
      count: 80,
      reserved_count: 100,
    },
  ])
})

test('200: the report of a virtual lab says the project of each job, that of the system its virtual lab too', async () => {
  const { status, body } = await ask('GET', `/report/virtual-lab/${lab}?page_size=1&page=2`)
  assert.equal(status, 200)
  const { message, data } = body as { message: string; data: { items: { job_id: string }[]; meta: object } }
  assert.equal(message, `Job report for virtual-lab ${lab}`)
  assert.deepEqual(data.meta, { page: 2, page_size: 1, total_pages: 4, total_items: 4 })
  const [item] = data.items
  assert.deepEqual(item, { ...item, job_id: third, proj_id: other })
  assert(item && !('vlab_id' in item))
  const whole = (await ask('GET', '/report/system')).body as { message: string; data: { items: object[] } }
  assert.equal(whole.message, 'Job report for system')
  assert.deepEqual(whole.data.items[1], { ...item, vlab_id: lab })
  const ofProject = (await ask('GET', `/report/project/${other.toUpperCase()}`)).body as { message: string }
  assert.equal(ofProject.message, `Job report for project ${other}`)
})

test('200: links lead to the other pages, with the page in its place and every other parameter kept', async () => {
  const path = `/report/project/${project}`
  const url = `${scene.url}${path}`
  assert.deepEqual((await report(`${path}?page=2&page_size=1&x=%20y`)).links, {
    self: `${url}?page=2&page_size=1&x=%20y`,
    prev: `${url}?page=1&page_size=1&x=%20y`,
    next: `${url}?page=3&page_size=1&x=%20y`,
    first: `${url}?page=1&page_size=1&x=%20y`,
    last: `${url}?page=3&page_size=1&x=%20y`,
  })
  assert.equal((await report(`${path}?x=a?b&page_size=1`)).links.next, `${url}?x=a?b&page_size=1&page=2`)
  const { links, meta } = await report(`${path}?page_size=2`)
  assert.deepEqual([links.prev, links.next, meta.page], [null, `${url}?page_size=2&page=2`, 1])
})

test('200: links say the address that clients know where a trusted proxy tells it, and nobody else', async (t) => {
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'jobs.example' }
  const self = async ({ ask: asked }: Pick<typeof scene, 'ask'>) => {
    const { body } = await asked('GET', '/report/system', undefined, forwarded)
    return (body as { data: { links: { self: string } } }).data.links.self
  }
  assert.equal(await self(scene), `${scene.url}/report/system?page=1`)
  const behind = await openJobDoors(t, { trustedProxy: '127.0.0.1' })
  assert.equal(await self(behind), 'https://jobs.example/report/system?page=1')
})

test('200: a page past the end has no items, however far', async () => {
  for (const page of [4, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    const { items, meta, links } = await report(`/report/project/${project}?page_size=1&page=${page}`)
    assert.deepEqual([items, meta.total_items, meta.total_pages, links.next], [[], 3, 3, null])
    assert.equal(links.last, `${scene.url}/report/project/${project}?page_size=1&page=3`)
  }
  const far = `page=${Number.MAX_SAFE_INTEGER}&page_size=10000`
  for (const path of ['/report/system?', '/report/system?type=oneshot&', '/job/longrun/open?', '/problem?']) {
    assert.deepEqual((await report(`${path}${far}`)).items, [])
  }
})

test('200: filters by time, user, group, type and subtype take those jobs and count them', async () => {
  const path = `/report/virtual-lab/${lab}?`
  assert.deepEqual(await ids(`${path}started_after=${text(at + 10)}&started_before=${text(at + 30)}`), [third, second])
  assert.deepEqual(await ids(`${path}started_before=${at + 10}`), [first])
  assert.deepEqual(await ids(`${path}group_id=${group}`), [first])
  assert.deepEqual(await ids(`${path}user_id=${user}&type=LONGRUN`), [second])
  assert.deepEqual(await ids(`${path}subtype=ml-llm&page_size=1&page=2`), [first])
  const { meta } = await report(`${path}subtype=ml-llm&page_size=1&page=7`)
  assert.deepEqual(meta, { page: 7, page_size: 1, total_pages: 2, total_items: 2 })
  assert.deepEqual(await ids(`${path}subtype=ml-rag`), [])
})

test('422: pages, sizes, times and words that are none are named', async () => {
  const wrong: readonly (readonly [query: string, type: string, field: string])[] = [
    ['page=0', 'greater_than_equal', 'page'],
    ['page=x', 'int_parsing', 'page'],
    ['page_size=0', 'greater_than_equal', 'page_size'],
    ['page_size=10001', 'less_than_equal', 'page_size'],
    ['started_after=2026-11-01T00:00:00', 'timezone_aware', 'started_after'],
    ['started_before=x', 'datetime_from_date_parsing', 'started_before'],
    ['user_id=5', 'uuid_parsing', 'user_id'],
    ['group_id=5', 'uuid_parsing', 'group_id'],
    ['type=x', 'enum', 'type'],
    ['subtype=x', 'enum', 'subtype'],
    ['format=xml', 'enum', 'format'],
  ]
  for (const [query, type, field] of wrong) {
    const { status, body } = await ask('GET', `/report/project/${project}?${query}`)
    const { error_code: code, details } = body as { error_code: string; details: { type: string; loc: unknown }[] }
    assert.deepEqual(
      [status, code, details.map((issue) => [issue.type, issue.loc])],
      [422, 'INVALID_REQUEST', [[type, ['query', field]]]],
    )
  }
  assert.equal((await ask('GET', '/report/project/5')).status, 422)
})

test('404: an account that is unknown, of another kind, disabled, or of others has no report', async () => {
  const refused = async (path: string) => {
    const { status, body } = await ask('GET', path)
    const { error_code: code, message, details } = body as { error_code: string; message: string; details: unknown }
    assert.equal(details, null)
    return `${status} ${code} ${message}`
  }
  const noLab = '404 ENTITY_NOT_FOUND Virtual lab not found'
  const noProject = '404 ENTITY_NOT_FOUND Project not found'
  assert.equal(await refused(`/report/virtual-lab/${randomUUID()}`), noLab)
  assert.equal(await refused(`/report/virtual-lab/${project}`), noLab)
  assert.equal(await refused(`/report/project/${lab}`), noProject)
  assert.equal(await refused(`/report/project/${lab}?format=csv`), noProject)
  await done('PATCH', `/account/project/${other}`, { enabled: false })
  assert.equal(await refused(`/report/project/${other}`), noProject)
  await done('PATCH', `/account/project/${other}`, { enabled: true })
  scene.be({ name: 'lab', role: 'user', parties: new Set([lab]) })
  assert.equal((await ask('GET', `/report/project/${other}`)).status, 200)
  scene.be({ name: 'one', role: 'user', parties: new Set([project]) })
  assert.equal((await ask('GET', `/report/project/${project}`)).status, 200)
  assert.equal(await refused(`/report/project/${other}`), noProject)
  assert.equal(await refused(`/report/virtual-lab/${lab}`), noLab)
  assert.equal(await refused(`/job/${third}`), '404 ENTITY_NOT_FOUND The specified job cannot be found')
  assert.deepEqual(await ids('/job/longrun/open'), [undefined])
  for (const path of ['/report/system', '/problem']) assert.equal((await ask('GET', path)).status, 403)
  scene.be({ name: 'tester', role: 'admin', parties: 'all' })
})

test('200: open longrun jobs are those that wait and run, the one reserved first comes first', async () => {
  const later = await longrun()
  const { items, meta } = await report('/job/longrun/open?subtype=notebook')
  const [one, two] = items
  assert.deepEqual(items, [
    {
      id: running,
      vlab_id: lab,
      proj_id: project,
      service_subtype: 'notebook',
      started_at: text(at + 5),
      last_alive_at: text(at + 5),
      created_at: one?.['created_at'],
    },
    { id: later, vlab_id: lab, proj_id: project, service_subtype: 'notebook', created_at: two?.['created_at'] },
  ])
  assert.equal(meta.total_items, 2)
  assert.equal((await report('/job/longrun/open?subtype=ml-llm')).meta.total_items, 0)
  assert.equal((await ask('GET', '/job/longrun/open?subtype=x')).status, 422)
  await done('DELETE', `/reservation/longrun/${later}`)
  assert.equal((await report('/job/longrun/open?page=2&page_size=1')).items.length, 0)
})

test('200: what is reserved, runs or was released is in no report', async () => {
  const all = await ids('/report/system')
  for (const id of [waiting, running, released]) assert(!all.includes(id))
})
