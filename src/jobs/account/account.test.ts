import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { rows } from '../../database/reader.ts'
import type { Principal } from '../../http/principal.ts'
import { everybody } from '../../http/testing.ts'
import { Accounts } from './accounts-commands.ts'
import { type OpenedJobs, openJobDoors } from '../testing.ts'

type Told = { readonly message: string; readonly data: { readonly [field: string]: unknown } | null }
type Refused = { readonly error_code: string; readonly message: string; readonly details: unknown }

const told = async (doors: OpenedJobs, method: string, path: string, body?: unknown) => {
  const { status, body: said } = await doors.ask(method, path, body)
  return { status, ...(said as Told) }
}

const refused = async (doors: OpenedJobs, method: string, path: string, body?: unknown) => {
  const { status, body: said } = await doors.ask(method, path, body)
  const { error_code: code, message } = said as Refused
  return `${status} ${code} ${message}`
}

const shared = await openJobDoors({ after })
const system = { id: randomUUID(), name: 'System' }
await shared.ask('POST', '/account/system', system)

/** A virtual lab and a project that nobody made yet, on a house that has a system account. */
function scene(doors = shared) {
  doors.be(everybody)
  const lab = { id: randomUUID(), name: 'Lab' }
  const project = { id: randomUUID(), name: 'Project', vlab_id: lab.id }
  return {
    house: doors.house,
    be: (principal: Principal) => doors.be(principal),
    ask: (method: string, path: string, body?: unknown) => doors.ask(method, path, body),
    told: (method: string, path: string, body?: unknown) => told(doors, method, path, body),
    refused: (method: string, path: string, body?: unknown) => refused(doors, method, path, body),
    system,
    lab,
    project,
  }
}

test('201: the system, a virtual lab with a balance and a project get accounts', async () => {
  const { told, system, lab, project } = scene()
  assert.deepEqual(await told('POST', '/account/system', system), {
    status: 201,
    message: 'System account created',
    data: system,
  })
  assert.deepEqual(await told('POST', '/account/virtual-lab', { ...lab, balance: '100.5' }), {
    status: 201,
    message: 'Virtual lab created',
    data: { ...lab, balance: '100.5' },
  })
  assert.deepEqual(await told('POST', '/account/project', project), {
    status: 201,
    message: 'Project created',
    data: { id: project.id, name: project.name },
  })
})

test('201: the same account asked for again is the same and gets no money twice', async () => {
  const { ask, told, house, system, lab, project } = scene()
  for (let round = 0; round < 2; round++) {
    assert.equal((await told('POST', '/account/system', system)).status, 201)
    assert.equal((await told('POST', '/account/virtual-lab', { ...lab, balance: 7 })).status, 201)
    assert.equal((await told('POST', '/account/project', project)).status, 201)
  }
  const others = Array.from({ length: 5 }, () => ask('POST', '/account/virtual-lab', { ...lab, balance: 7 }))
  for (const { status } of await Promise.all(others)) assert.equal(status, 201)
  const wallets = await rows<{ posted: string }>(
    house.database.pool,
    `select posted from ledger.wallets where owner = $1`,
    [lab.id],
  )
  assert.deepEqual(wallets, [{ posted: '7.000000000' }])
})

test('201: of twenty who create one virtual lab at once it is made once', async () => {
  const { ask, house, system, lab } = scene()
  await ask('POST', '/account/system', system)
  const all = Array.from({ length: 20 }, () => ask('POST', '/account/virtual-lab', { ...lab, balance: 3 }))
  for (const { status, text } of await Promise.all(all)) assert.equal(status, 201, text)
  const [wallet] = await rows<{ posted: string }>(
    house.database.pool,
    `select posted from ledger.wallets where owner = $1`,
    [lab.id],
  )
  assert.equal(wallet?.posted, '3.000000000')
})

test('400: another account under the same id, a second system, an id of somebody else', async () => {
  const { refused, ask, system, lab, project } = scene()
  await ask('POST', '/account/system', system)
  await ask('POST', '/account/virtual-lab', { ...lab, balance: 1 })
  await ask('POST', '/account/project', project)
  const taken = '400 INVALID_REQUEST There is an account with this id already, and it is not the one that is asked for'
  assert.equal(await refused('POST', '/account/virtual-lab', { ...lab, balance: 2 }), taken)
  assert.equal(await refused('POST', '/account/virtual-lab', { ...lab, name: 'Other', balance: 1 }), taken)
  assert.equal(await refused('POST', '/account/project', { ...project, name: 'Other' }), taken)
  assert.equal(await refused('POST', '/account/project', { ...project, id: lab.id }), taken)
  assert.equal(await refused('POST', '/account/virtual-lab', { id: system.id, name: 'x' }), taken)
  assert.equal(
    await refused('POST', '/account/system', { id: randomUUID(), name: 'Second' }),
    '400 INVALID_REQUEST There is a system account already, and there can be one only',
  )
  assert.equal(
    await refused('POST', '/account/system', { ...system, name: 'Second' }),
    '400 INVALID_REQUEST There is a system account already, and there can be one only',
  )
})

test('404: a balance without a system, a project without its virtual lab; nothing is left behind', async (t) => {
  const { refused, ask, house, lab, project } = scene(await openJobDoors(t))
  assert.equal(
    await refused('POST', '/account/virtual-lab', { ...lab, balance: 1 }),
    '404 ENTITY_NOT_FOUND System account not found',
  )
  assert.equal(await refused('POST', '/account/project', project), '404 ENTITY_NOT_FOUND Virtual lab not found')
  await ask('POST', '/account/system', system)
  assert.equal(
    await refused('POST', '/account/project', { ...project, vlab_id: system.id }),
    '404 ENTITY_NOT_FOUND Virtual lab not found',
  )
  await ask('POST', '/account/virtual-lab', lab)
  await ask('POST', '/account/project', project)
  assert.equal(
    await refused('POST', '/account/project', { id: randomUUID(), name: 'x', vlab_id: project.id }),
    '404 ENTITY_NOT_FOUND Virtual lab not found',
  )
  const [count] = await rows<{ n: number }>(house.database.pool, `select count(*)::int as n from jobs.accounts`)
  assert.equal(count?.n, 3)
})

test('422: ids, names and balances that are none', async () => {
  const { ask, lab } = scene()
  const types = async (path: string, body: unknown) => {
    const { status, body: said } = await ask('POST', path, body)
    assert.equal(status, 422)
    return (said as { details: { type: string; loc: string[] }[] }).details.map(
      ({ type, loc }) => `${loc.join('.')} ${type}`,
    )
  }
  assert.deepEqual(await types('/account/system', {}), ['body.id missing', 'body.name missing'])
  assert.deepEqual(await types('/account/virtual-lab', { ...lab, name: 'a\0b' }), ['body.name value_error'])
  assert.deepEqual(await types('/account/virtual-lab', { ...lab, balance: -1 }), ['body.balance greater_than_equal'])
  assert.deepEqual(await types('/account/virtual-lab', { ...lab, balance: 1e30 }), ['body.balance less_than'])
  assert.deepEqual(await types('/account/project', { ...lab, vlab_id: 5, more: 1 }), [
    'body.vlab_id uuid_type',
    'body.more extra_forbidden',
  ])
})

test('201: names that are taken, blank or long are no obstacle', async () => {
  const { told, lab } = scene()
  assert.equal((await told('POST', '/account/virtual-lab', lab)).status, 201)
  for (const name of ['Lab', '', ' ', 'x'.repeat(5000), 'prj_00000000000000000000000000000000']) {
    const id = randomUUID()
    assert.deepEqual((await told('POST', '/account/virtual-lab', { id, name })).data, { id, name, balance: '0' })
    const project = { id: randomUUID(), name, vlab_id: id }
    assert.equal((await told('POST', '/account/project', project)).status, 201)
  }
})

test('200: accounts are listed and shown, disabled and enabled', async () => {
  const { told, refused, ask, lab, project } = scene()
  await ask('POST', '/account/virtual-lab', lab)
  await ask('POST', '/account/project', project)
  const one = await told('GET', `/account/project/${project.id}`)
  assert.deepEqual(
    { ...one.data, created_at: '' },
    { id: project.id, name: 'Project', vlab_id: lab.id, enabled: true, created_at: '' },
  )
  const list = (await told('GET', `/account/project?vlab_id=${lab.id}`)).data as never as {
    items: object[]
    meta: object
    links: { self: string; next: null }
  }
  assert.deepEqual(list.items, [one.data])
  assert.deepEqual(list.meta, { page: 1, page_size: 1000, total_pages: 1, total_items: 1 })
  assert.match(list.links.self, new RegExp(`^http://127.0.0.1:\\d+/account/project\\?vlab_id=${lab.id}&page=1$`))

  const far = (await told('GET', '/account/project?page=9007199254740991&page_size=100000')).data as never as {
    items: object[]
    links: { next: null; prev: string }
  }
  assert.deepEqual([far.items, far.links.next], [[], null])
  assert.match(await refused('GET', '/account/project?page=1e30'), /^422 /)
  assert.match(await refused('GET', '/account/project?page=99999999999999999999'), /^422 /)

  assert.equal((await told('PATCH', `/account/virtual-lab/${lab.id}`, { enabled: false })).data?.['enabled'], false)
  assert.equal(
    await refused('POST', '/account/project', { id: randomUUID(), name: 'x', vlab_id: lab.id }),
    '404 ENTITY_NOT_FOUND Virtual lab not found',
  )
  assert.match(await refused('POST', '/account/virtual-lab', lab), /^400 /)
  assert.equal((await told('PATCH', `/account/virtual-lab/${lab.id}`, { enabled: 'yes' })).data?.['enabled'], true)
  assert.equal((await ask('POST', '/account/project', { id: randomUUID(), name: 'x', vlab_id: lab.id })).status, 201)
  assert.match(
    await refused('PATCH', `/account/virtual-lab/${project.id}`, { enabled: false }),
    /^404 .*Virtual lab not/,
  )
  assert.match(await refused('PATCH', `/account/project/${lab.id}`, {}), /^422 /)
})

test('200, 400: only an account that is empty and unused is deleted, and its id may be used again', async () => {
  const { told, refused, ask, system, lab, project } = scene()
  await ask('POST', '/account/system', system)
  await ask('POST', '/account/virtual-lab', { ...lab, balance: 5 })
  await ask('POST', '/account/project', project)
  const path = `/account/virtual-lab/${lab.id}`
  assert.equal(await refused('DELETE', path), '400 INVALID_REQUEST The account has projects: delete them first')
  const gone = await told('DELETE', `/account/project/${project.id}`)
  assert.deepEqual(gone, { status: 200, message: 'Project deleted', data: null })
  assert.equal(
    await refused('DELETE', path),
    '400 INVALID_REQUEST The account is not empty: move what it has, and wait for its jobs',
  )
  assert.equal(await refused('DELETE', `/account/project/${project.id}`), '404 ENTITY_NOT_FOUND Project not found')
  assert.equal((await told('POST', '/account/project', { ...project, name: 'Again' })).status, 201)
})

test('200, 404: an account that was deleted under a key is answered again under it, and under no other', async () => {
  const { lab, project } = scene()
  await shared.ask('POST', '/account/virtual-lab', lab)
  await shared.ask('POST', '/account/project', project)
  for (const path of [`/account/project/${project.id}`, `/account/virtual-lab/${lab.id}`]) {
    const [key, another] = [{ 'idempotency-key': randomUUID() }, { 'idempotency-key': randomUUID() }]
    const first = await shared.ask('DELETE', path, undefined, key)
    const again = await shared.ask('DELETE', path, undefined, key)
    assert.deepEqual([first.status, again.status, again.text], [200, 200, first.text])
    assert.equal((await shared.ask('DELETE', path, undefined, another)).status, 404)
  }
})

test('403, 404: whoever sees some parties makes no virtual labs, and what belongs to others is not there', async () => {
  const { be, refused, ask, lab, project } = scene()
  await ask('POST', '/account/virtual-lab', lab)
  await ask('POST', '/account/project', project)
  be({ name: 'one', role: 'supervisor', parties: new Set([randomUUID()]) })
  assert.match(await refused('POST', '/account/virtual-lab', { id: randomUUID(), name: 'x' }), /^403 INVALID_REQUEST /)
  assert.match(await refused('POST', '/account/project', { ...project, id: randomUUID() }), /^404 ENTITY_NOT_FOUND /)
  const nobodys = randomUUID()
  for (const { id, path } of [
    { id: lab.id, path: '/account/virtual-lab' },
    { id: project.id, path: '/account/project' },
  ])
    for (const [method, body] of [['GET'], ['PATCH', { enabled: true }], ['DELETE']] as const) {
      const others = await refused(method, `${path}/${id}`, body)
      assert.equal(others, await refused(method, `${path}/${nobodys}`, body), `${method} ${path}`)
      assert.match(others, /^404 /)
    }
  be({ name: 'two', role: 'supervisor', parties: new Set([lab.id]) })
  assert.equal((await ask('GET', `/account/project/${project.id}`)).status, 200)
})

test('200, 204, 404: pages of origins that are named may ask, and read refusals too', async (t) => {
  const origin = 'https://lab.example'
  const doors = await openJobDoors(t, { origins: [origin] })
  const preflight = await fetch(`${doors.url}/budget/top-up`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), origin)
  const { status, headers } = await doors.ask('GET', '/balance/system', undefined, { origin })
  assert.deepEqual([status, headers.get('access-control-allow-origin')], [404, origin])
})

test('what another process disables or deletes is heard of here', async () => {
  const { ask, lab, project, house } = scene()
  await ask('POST', '/account/virtual-lab', lab)
  await ask('POST', '/account/project', project)
  const elsewhere = new Accounts(house.database.pool)
  const comesTo = async (isThere: boolean) => {
    while (((await elsewhere.project(project.id)) !== undefined) !== isThere) await sleep(50)
  }
  await comesTo(true)
  await ask('PATCH', `/account/project/${project.id}`, { enabled: false })
  await comesTo(false)
  await ask('PATCH', `/account/project/${project.id}`, { enabled: true })
  await comesTo(true)
  await ask('DELETE', `/account/project/${project.id}`)
  await comesTo(false)
})
