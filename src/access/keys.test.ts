import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { rows } from '../database/reader.ts'
import { Problem } from '../http/problem.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { idOf } from '../values/id.ts'
import { createKey, firstKey, revokeKey } from './key-commands.ts'
import { prefixOf } from './key.ts'
import { type Guarded, newKey, openGuarded } from './testing.ts'

let fresh: FreshHouse
let opened: Guarded[] = []
before(async () => {
  fresh = await freshHouse()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((guarded) => guarded.close()))
})
after(() => fresh.drop())

async function open(wishes: Parameters<typeof openGuarded>[1] = {}): Promise<Guarded> {
  const guarded = await openGuarded(fresh.house, wishes)
  opened = [...opened, guarded]
  return guarded
}
const bearer = (key: string) => `Bearer ${key}`
const ids = async (table: string) =>
  (await rows<{ id: string }>(fresh.database.pool, `select id from ${table} order by name`)).map(({ id }) => id)
const keyRow = async (key: string) =>
  (
    await rows<{ id: string; text: string }>(
      fresh.database.pool,
      `select id, keys::text as text from access.keys where prefix = $1`,
      [prefixOf(key)],
    )
  )[0]
const revoke = async (key: string) =>
  revokeKey(fresh.house, { principal: 'tester', key: randomUUID() }, BigInt((await keyRow(key))?.id ?? 0))

/** Two organisations, three projects, a person in one of them, a provider. */
async function someParties() {
  await alone(fresh.house, { principal: 'tester', key: 'parties', command: 'test', input: null }, async (writer) => {
    await writer.query({
      text: `with o as (insert into parties.organisations (id, name, tier, origin)
               select gen_random_uuid(), name, 'mu', 'import' from unnest(array['science', 'arts']) as name returning id, name),
             p as (insert into parties.projects (id, organisation, name, payment, origin)
               select gen_random_uuid(), o.id, project, 'prepaid', 'import'
                 from o join (values ('science', 'chem'), ('science', 'physics'), ('arts', 'music')) as w (organisation, project)
                   on w.organisation = o.name returning id, name),
             h as (insert into parties.people (id, name, email, origin)
               values (gen_random_uuid(), 'alice', 'alice@example.org', 'import') returning id),
             v as (insert into parties.providers (id, name, origin) values (gen_random_uuid(), 'lab', 'import'))
             insert into parties.members (project, person) select p.id, h.id from p, h where p.name = 'chem'`,
    })
  })
  const [arts, science] = await ids('parties.organisations')
  const [chem, music, physics] = await ids('parties.projects')
  const [alice] = await ids('parties.people')
  const [lab] = await ids('parties.providers')
  const found = { arts, science, chem, music, physics, alice, lab }
  return found as { [Name in keyof typeof found]: string }
}

test('401: a door without credentials, and 200 with a key as Bearer or as the password of Basic', async () => {
  const { ask } = await open()
  const stranger = await ask()
  assert.deepEqual([stranger.status, stranger.body.type], [401, '/problems/principal-required'])
  assert.match(stranger.headers.get('www-authenticate') ?? '', /^Bearer .*Basic /)
  const key = await newKey(fresh.house, { name: 'gateway', role: 'service' })
  const basic = `Basic ${Buffer.from(`anybody:${key}`).toString('base64')}`
  for (const header of [bearer(key), basic]) {
    const { status, body } = await ask(header)
    assert.deepEqual([status, body], [200, { name: 'gateway', role: 'service', parties: 'all' }])
  }
})

test('401: a browser is not asked for a password', async () => {
  const { ask } = await open()
  const { headers } = await ask(undefined, undefined, { headers: { 'sec-fetch-site': 'same-origin' } })
  assert.doesNotMatch(headers.get('www-authenticate') ?? '', /Basic/)
})

test('200: what is open to all asks nobody, and 404 needs no key', async () => {
  const { ask } = await open()
  assert.equal((await ask(undefined, '/openapi.json')).status, 200)
  assert.equal((await ask('Bearer nonsense', '/openapi.json')).status, 200)
  assert.equal((await ask(undefined, '/docs/')).status, 200)
  assert.equal((await ask(undefined, '/api/v1/nothing')).status, 404)
})

test('403: a door that nobody listed is refused to everybody, also to an administrator', async () => {
  const { ask } = await open()
  const key = bearer(await newKey(fresh.house))
  for (const path of ['/api/v1/forgotten', '/api/v1/unlisted']) {
    const { status, body } = await ask(key, path)
    assert.deepEqual([status, body.type], [403, '/problems/not-allowed'], path)
  }
})

test('401: keys that nobody made, of another house, revoked or expired, each with its reason', async () => {
  let now = Date.now()
  const { ask } = await open({ now: () => now })
  const other = await freshHouse()
  const foreign = await newKey(other.house)
  await other.drop()
  const expired = await newKey(fresh.house, { expiresAt: new Date(now + 10_000) })
  const revoked = await newKey(fresh.house)
  await revoke(revoked)
  assert.equal((await ask(bearer(expired))).status, 200)
  now += 10_000
  const good = await newKey(fresh.house)
  const wrongSecret = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`
  const cases: [string, RegExp][] = [
    [foreign, /not known/],
    [wrongSecret, /not known/],
    [expired, /expired/],
    [revoked, /revoked/],
  ]
  for (const [key, why] of cases) {
    const { status, body } = await ask(bearer(key))
    assert.deepEqual([status, body.type], [401, '/problems/credentials-invalid'])
    assert.match(body.detail ?? '', why)
  }
})

test('a key that nobody made and one with a wrong secret ask the database the same', async () => {
  const good = await newKey(fresh.house)
  const asked: string[][] = []
  const { pool } = fresh.database
  const listening = new Proxy(pool, {
    get: (target, name) =>
      name === 'query'
        ? (config: { text: string }) => {
            asked.at(-1)?.push(config.text)
            return pool.query(config)
          }
        : (Reflect.get(target, name) as unknown),
  })
  const house = { ...fresh.house, database: { ...fresh.database, pool: listening } }
  const guarded = await openGuarded(house)
  for (const key of [`bsr_00000000_${good.slice(13)}`, `${good.slice(0, 13)}${'0'.repeat(43)}`]) {
    guarded.doorkeeper.forget()
    asked.push([])
    assert.equal((await guarded.ask(bearer(key))).body.detail, 'The key is not known.')
  }
  await guarded.close()
  assert.deepEqual(asked[0], asked[1])
  assert((asked[0]?.length ?? 0) >= 3)
})

test('whom a key is for: an organisation with its projects, a project, a person with theirs, a provider', async () => {
  const { arts, science, chem, music, physics, alice, lab } = await someParties()
  const { ask } = await open()
  const cases = [
    ['service', [idOf('organisation', science)], [science, chem, physics]],
    ['service', [idOf('project', music)], [music]],
    ['user', [idOf('person', alice)], [alice, chem]],
    ['provider', [idOf('provider', lab)], [lab]],
    ['finance', [idOf('organisation', arts), idOf('project', chem)], [arts, music, chem]],
  ] as const
  for (const [role, parties, touched] of cases) {
    const { body } = await ask(bearer(await newKey(fresh.house, { role, parties })))
    assert.deepEqual(new Set(body.parties), new Set<string>(touched))
  }
  const own = await ask(bearer(await newKey(fresh.house, { role: 'user', parties: [idOf('person', alice)] })))
  assert.equal(own.body.name, idOf('person', alice))
  const unknown = newKey(fresh.house, { role: 'service', parties: [idOf('project', randomUUID())] })
  await assert.rejects(unknown, (error: Problem) => error.type === 'not-found')
  for (const wanted of [
    { role: 'user' },
    { role: 'provider' },
    { parties: [] },
    { parties: ['x'] },
    { name: ' ' },
  ] as const)
    await assert.rejects(newKey(fresh.house, wanted), (error: Problem) => error.type === 'request-invalid')
})

test('409: a replayed creation says which key it was, and its secret is nowhere in the books', async () => {
  const { ask, lines } = await open()
  const admin = bearer(await newKey(fresh.house))
  const body = JSON.stringify({ name: 'once', role: 'service' })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'make once' }
  const first = await ask(admin, '/api/v1/keys', { method: 'POST', body, headers })
  const again = await ask(admin, '/api/v1/keys', { method: 'POST', body, headers })
  assert.deepEqual([first.status, again.status, again.body.type], [201, 409, '/problems/secret-already-shown'])
  assert.equal(again.body['key'], first.body['id'])
  assert.match(first.headers.get('operation-id') ?? '', /^op_\d+$/)
  const secret = String(first.body['secret']).slice(13)
  const found = await rows<{ text: string }>(
    fresh.database.pool,
    `select keys::text as text from access.keys union all select operations::text from operations.operations`,
  )
  assert(!found.some(({ text }) => text.includes(secret)))
  assert.equal((await ask(bearer(String(first.body['secret'])))).status, 200)
  assert(lines.length > 0 && !lines.some((line) => line.includes(secret) || line.includes(admin.slice(7))))
  const listed = await ask(admin, '/api/v1/keys?limit=1000')
  assert(!JSON.stringify(listed.body).includes(secret) && JSON.stringify(listed.body).includes('"once"'))
})

test('403: a key that is for some parties makes no keys', async () => {
  const { ask } = await open()
  const [project] = await ids('parties.projects')
  const key = await newKey(fresh.house, { parties: [idOf('project', project as string)] })
  const { status } = await ask(bearer(key), '/api/v1/keys')
  assert.equal(status, 403)
})

test('400: what a key cannot be is told with its field', async () => {
  const { ask } = await open()
  const admin = bearer(await newKey(fresh.house))
  const wrong: [object, string][] = [
    [{ role: 'service' }, 'body.name'],
    [{ name: 'x', role: 'boss' }, 'body.role'],
    [{ name: 'x', role: 'user' }, 'body.parties'],
    [{ name: 'x', role: 'service', expiresAt: '2020-01-01T00:00:00Z' }, 'body.expiresAt'],
    [{ name: 'x', role: 'service', expiresAt: '2030-13-41T00:00:00Z' }, 'body.expiresAt'],
    [{ name: 'x', role: 'service', principal: 'local' }, 'body.principal'],
    [{ name: 'x', role: 'service', secret: 'mine' }, 'body.secret'],
  ]
  const headers = { 'content-type': 'application/json' }
  for (const [wanted, field] of wrong) {
    const { status, body } = await ask(admin, '/api/v1/keys', { method: 'POST', body: JSON.stringify(wanted), headers })
    assert.deepEqual([status, (body['issues'] as { field: string }[])[0]?.field], [400, field])
  }
})

test('two processes that start first at once print one key', async () => {
  const other = await freshHouse()
  const made = await Promise.all([firstKey(other.house), firstKey({ ...other.house }), firstKey(other.house)])
  assert.equal(made.filter((key) => key !== undefined).length, 1)
  assert.equal(await firstKey(other.house), undefined)
  await other.drop()
})

test('keys of one principal share its idempotency keys', async () => {
  const two = [await newKey(fresh.house, { principal: 'twin' }), await newKey(fresh.house, { principal: 'twin' })]
  const { ask } = await open()
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'shared' }
  const statuses = []
  for (const key of two) {
    const body = JSON.stringify({ name: 'shared', role: 'service' })
    statuses.push((await ask(bearer(key), '/api/v1/keys', { method: 'POST', body, headers })).status)
  }
  assert.deepEqual(statuses, [201, 409])
})

test('when a key was last used is written down, late and without an operation', async () => {
  const now = Date.now()
  const { ask, doorkeeper } = await open({ now: () => now })
  const key = await newKey(fresh.house)
  await ask(bearer(key))
  await doorkeeper.noteUses()
  const [used] = await rows<{ used_at: Date }>(
    fresh.database.pool,
    `select used_at from access.uses join access.keys k on k.id = key where prefix = $1`,
    [prefixOf(key)],
  )
  assert.equal(used?.used_at.getTime(), now)
})

test('one creation asked for three times at once makes one key and shows it once', async () => {
  const call = { principal: 'tester', key: randomUUID() }
  const wanted = { name: 'x', role: 'service', principal: undefined, parties: 'all', expiresAt: null } as const
  const made = await Promise.allSettled([1, 2, 3].map(() => createKey(fresh.house, call, wanted)))
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
  const problems = made.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Problem).type] : []))
  assert.deepEqual(problems, ['secret-already-shown', 'secret-already-shown'])
})
