import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { rows } from '../database/reader.ts'
import { alone } from '../operations/alone.ts'
import { type FreshHouse, freshHouse } from '../operations/testing.ts'
import { erase, link } from './person-commands.ts'
import { tablesWith } from '../../test/tables-with.ts'
import { type Guarded, openGuarded } from './testing.ts'
import { tokenReader } from './token-commands.ts'

const issuer = 'https://login.example.org'
const audience = 'bursar'
const secret = 'a secret that is thirty-two long'
const bytes = new TextEncoder().encode(secret)

let fresh: FreshHouse
let opened: Guarded[] = []
let now = Date.now()
before(async () => {
  fresh = await freshHouse()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((guarded) => guarded.close()))
  now = Date.now()
})
after(() => fresh.drop())

async function open(settings: { secret?: string; jwksUrl?: string } = { secret }): Promise<Guarded> {
  const given = { issuer, audience, secret: settings.secret, jwksUrl: settings.jwksUrl }
  const guarded = await openGuarded(fresh.house, { tokens: tokenReader(given, () => now), now: () => now })
  opened = [...opened, guarded]
  return guarded
}

const seconds = () => Math.floor(now / 1000)
const usual = (): JWTPayload => ({ iss: issuer, aud: audience, sub: 'alice', iat: seconds(), exp: seconds() + 900 })

const signed = (claims: JWTPayload = {}, key: Uint8Array | CryptoKey = bytes, alg = 'HS256', kid?: string) =>
  new SignJWT({ ...usual(), ...claims }).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(key)

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const bearer = (token: string) => `Bearer ${token}`

async function refusalOf({ ask }: Guarded, token: string): Promise<string> {
  const { status, body } = await ask(bearer(token))
  assert.deepEqual([status, body.type], [401, '/problems/credentials-invalid'], token)
  return body.detail ?? ''
}

test('200: a token is its person, made known at first sight by an operation, and the same ever after', async () => {
  const guarded = await open()
  const first = await guarded.ask(bearer(await signed({ sub: 'carol', role: 'service' })))
  const second = await guarded.ask(bearer(await signed({ sub: 'carol', iat: seconds() - 1 })))
  assert.match(first.body.name, /^per_[0-9a-f]{32}$/)
  assert.deepEqual([first.body.role, second.body.role], ['service', 'user'])
  assert.equal(second.body.name, first.body.name)
  const operations = await rows(
    fresh.database.pool,
    `select from operations.operations where command = 'parties.meetPerson' and answer::text like '%' || $1 || '%'`,
    [first.body.parties[0]],
  )
  assert.equal(operations.length, 1)
})

test('200: of one subject that comes for the first time on many connections at once there is one person', async () => {
  const guarded = await open()
  const tokens = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((n) => signed({ sub: 'dora', iat: seconds() - n })))
  const answers = await Promise.all(tokens.map((token) => guarded.ask(bearer(token))))
  assert.equal(new Set(answers.map(({ body }) => body.name)).size, 1)
})

test('200: a role that nobody knows is the least there is; office roles see all parties, others their own', async () => {
  const guarded = await open()
  const told = async (role: unknown) => (await guarded.ask(bearer(await signed({ role })))).body
  for (const role of ['enduser', 'root', '', 7, null, undefined, ['admin'], 'Admin'])
    assert.equal((await told(role)).role, 'user')
  for (const role of ['admin', 'supervisor', 'finance']) assert.equal(String((await told(role)).parties), 'all')
  for (const role of ['user', 'service', 'provider']) assert.equal((await told(role)).parties.length, 1)
})

test('a login that is called like somebody from usage is somebody else, until the two are linked', async () => {
  await alone(fresh.house, { principal: 'tester', key: 'slurm', command: 'test', input: null }, async (writer) => {
    await writer.query({
      text: `with o as (insert into parties.organisations values (gen_random_uuid(), 'lab', 'mu', 'import') returning id),
             p as (insert into parties.projects select gen_random_uuid(), id, 'chem', 'prepaid', 'import' from o returning id),
             h as (insert into parties.people values (gen_random_uuid(), 'mallory', null, 'usage') returning id),
             n as (insert into parties.names select 'person', '*', 'mallory', id from h)
             insert into parties.members select p.id, h.id from p, h`,
    })
  })
  const guarded = await open()
  const token = bearer(await signed({ sub: 'mallory', email: 'mallory@example.org' }))
  assert.equal((await guarded.ask(token)).body.parties.length, 1, 'no project of the other')
  const [person] = await rows<{ id: string }>(
    fresh.database.pool,
    `select id from parties.people where name = 'mallory'`,
  )
  const name = { source: `jwt:${issuer}`, name: 'mallory' }
  await link(fresh.house, { principal: 'tester', key: 'link' }, person?.id ?? '', name)
  guarded.doorkeeper.forget()
  assert.equal((await guarded.ask(token)).body.parties.length, 2, 'with the project')
})

test('401: tokens of others, for others, unsigned, too old or too new, each with its reason', async () => {
  const { privateKey } = await generateKeyPair('RS256')
  const unsigned = `${part({ alg: 'none' })}.${part(usual())}.`
  const [head, , mark] = (await signed()).split('.')
  const cases: [string, RegExp][] = [
    [unsigned, /algorithm/],
    [`${part({ alg: 'None', typ: 'JWT' })}.${part(usual())}.`, /algorithm|signature/],
    [await signed({}, privateKey, 'RS256'), /algorithm/],
    [await signed({}, new TextEncoder().encode('another secret of thirty-two char')), /signature/],
    [`${head}.${part({ ...usual(), role: 'admin' })}.${mark}`, /signature/],
    [await signed({ iss: 'https://evil.example.org' }), /another issuer/],
    [await signed({ aud: 'another' }), /another audience/],
  ]
  for (const [token, why] of cases) {
    assert.match(await refusalOf(await open(), token), why)
  }
  const claims: [JWTPayload, RegExp][] = [
    [{ exp: seconds() - 60 }, /expired/],
    [{ nbf: seconds() + 60 }, /not valid yet/],
    [{ iat: seconds() + 60 }, /in the future/],
    [{ exp: undefined } as unknown as JWTPayload, /has no exp/],
    [{ sub: undefined } as unknown as JWTPayload, /has no sub/],
    [{ iss: undefined } as unknown as JWTPayload, /has no iss/],
    [{ aud: undefined } as unknown as JWTPayload, /has no aud/],
    [{ sub: '' }, /subject/],
    [{ sub: 42 } as unknown as JWTPayload, /subject must be a text/],
    [{ sub: null } as unknown as JWTPayload, /subject must be a text/],
    [{ sub: 'x'.repeat(201) }, /subject/],
    [{ type: 'refresh' }, /type/],
  ]
  for (const [claim, why] of claims) {
    assert.match(await refusalOf(await open(), await signed(claim)), why)
  }
  const guarded = await open()
  const stillGood = [{ exp: seconds() - 10 }, { nbf: seconds() + 10 }, { iat: seconds() + 10 }, { type: 'access' }]
  for (const claim of stillGood) assert.equal((await guarded.ask(bearer(await signed(claim)))).status, 200)
})

test('401: a token that was taken is refused once it has expired', async () => {
  const guarded = await open()
  const token = bearer(await signed({ exp: seconds() + 10 }))
  assert.equal((await guarded.ask(token)).status, 200)
  now += 45_000
  assert.equal((await guarded.ask(token)).status, 401)
})

test('401: where no tokens are taken, and a key as a token or a token as a password', async () => {
  const guarded = await openGuarded(fresh.house)
  opened = [...opened, guarded]
  const token = await signed()
  assert.match(await refusalOf(guarded, token), /not taken here/)
  const basic = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`
  assert.equal((await guarded.ask(basic)).status, 401)
})

async function listening(handle: RequestListener): Promise<Server & { url: string }> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(server, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` })
}

/** Publishes keys as an identity provider does. */
const publish = (keys: () => object[]) =>
  listening((_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: keys() })))

test('200, 401: by published keys, of which none passes for a secret', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const { privateKey: edwards } = await generateKeyPair('EdDSA')
  const { privateKey: stranger } = await generateKeyPair('RS256')
  const rsa = { ...(await exportJWK(publicKey)), kid: 'rsa', alg: 'RS256' }
  const shared = { kty: 'oct', kid: 'oct', k: Buffer.from(bytes).toString('base64url') }
  const server = await publish(() => [rsa, shared])
  const guarded = await open({ jwksUrl: server.url })
  const good = bearer(await signed({}, privateKey, 'RS256', 'rsa'))
  assert.equal((await guarded.ask(good)).status, 200)
  // The classic: what is public, taken for the secret of HS256.
  const asSecret = new TextEncoder().encode(JSON.stringify(rsa))
  const wrong = [
    await signed({}, asSecret, 'HS256', 'rsa'),
    await signed({}, bytes, 'HS256', 'oct'),
    await signed({}, stranger, 'RS256', 'rsa'),
    await signed({}, edwards, 'EdDSA', 'unknown'),
    `${part({ alg: 'none', kid: 'rsa' })}.${part(usual())}.`,
  ]
  for (const token of wrong) {
    await refusalOf(guarded, token)
  }
  server.close()
})

test('200, 401: a token that names no key is tried with each that fits', async () => {
  const pairs = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256'), generateKeyPair('RS256')])
  const published = await Promise.all(pairs.slice(0, 2).map(({ publicKey }) => exportJWK(publicKey)))
  const server = await publish(() => published)
  const guarded = await open({ jwksUrl: server.url })
  const statuses: number[] = []
  for (const { privateKey } of pairs)
    statuses.push((await guarded.ask(bearer(await signed({}, privateKey, 'RS256')))).status)
  assert.deepEqual(statuses, [200, 200, 401])
  server.close()
})

test('503: an address of keys that does not answer is no fault of the token, and is not counted', async () => {
  const { privateKey } = await generateKeyPair('RS256')
  const server = await publish(() => [])
  server.close()
  const guarded = await open({ jwksUrl: server.url })
  const token = bearer(await signed({}, privateKey, 'RS256', 'rsa'))
  for (let count = 0; count < 6; count += 1) {
    const { status, body } = await guarded.ask(token)
    assert.deepEqual([status, body.type], [503, '/problems/token-keys-unavailable'])
  }
})

test('503: made-up tokens do not make one request each at an address of keys that fails; a second later it is asked anew', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'rsa', alg: 'RS256' }]
  let asked = 0
  let isUp = false
  const server = await listening((_, answer) => {
    asked += 1
    answer.writeHead(isUp ? 200 : 500, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  const guarded = await open({ jwksUrl: server.url })
  const madeUp = bearer(`${part({ alg: 'RS256', kid: 'none' })}.${part(usual())}.AAAA`)
  for (let count = 0; count < 20; count += 1) assert.equal((await guarded.ask(madeUp)).status, 503)
  assert.equal(asked, 1)
  isUp = true
  now += 1_000
  assert.equal((await guarded.ask(bearer(await signed({}, privateKey, 'RS256', 'rsa')))).status, 200)
  assert.equal(asked, 2)
  server.close()
})

test('503: no more than one MiB is read of what the address of keys answers', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(publicKey)), kid: 'rsa', alg: 'RS256' }
  let length = 2 ** 20
  const server = await publish(() => [{ ...key, padding: 'x'.repeat(length) }])
  const guarded = await open({ jwksUrl: server.url })
  const token = bearer(await signed({}, privateKey, 'RS256', 'rsa'))
  assert.equal((await guarded.ask(token)).body.type, '/problems/token-keys-unavailable')
  ;[length, now] = [2 ** 19, now + 1_000]
  assert.equal((await guarded.ask(token)).status, 200)
  server.close()
})

test('no token reaches the log', async () => {
  const guarded = await open()
  const token = await signed()
  await guarded.ask(bearer(token))
  await guarded.ask(bearer(`${token}x`))
  const mark = token.split('.')[2] as string
  assert(guarded.lines.length > 0 && !guarded.lines.some((line) => line.includes(mark)))
})

/** What stands below this module has nothing of these people. */
const nowhere = {
  erase: () => Promise.resolve({ records: 0, quarantined: 0, emptied: [] }),
  count: () => Promise.resolve({ records: 0, quarantined: 0, waiting: 0 }),
}

test('401: a token of somebody who was erased brings nobody back, until the login is linked anew', async () => {
  const guarded = await open()
  const sub = 'zoe.the.erased'
  const token = () => signed({ sub, email: `${sub}@example.org`, jti: String(Math.random()) })
  const first = await guarded.ask(bearer(await token()))
  assert.equal(first.status, 200)
  const person = first.body.parties[0] ?? ''
  for (const key of ['erase', 'erase again']) await erase(fresh.house, { principal: 'tester', key }, person, nowhere)
  guarded.doorkeeper.forget()
  assert.match(await refusalOf(guarded, await token()), /whom it names was erased/)
  assert.deepEqual(await tablesWith(fresh.database.pool, sub), [])
  const marks = await rows<{ name: string }>(fresh.database.pool, `select name from parties.names where party = $1`, [
    person,
  ])
  assert.equal(marks.length, 1)
  const { name = '' } = marks[0] ?? {}
  assert.match(await refusalOf(guarded, await signed({ sub: name })), /whom it names was erased/)
  assert.equal((await guarded.ask(bearer(await signed({ sub: 'zoe.another' })))).status, 200)

  const anew = randomUUID()
  await alone(fresh.house, { principal: 'tester', key: 'anew', command: 'test', input: null }, async (writer) => {
    await writer.query({ text: `insert into parties.people values ('${anew}', 'Zoe anew', null, 'import')` })
  })
  await link(fresh.house, { principal: 'tester', key: 'lift' }, anew, { source: `jwt:${issuer}`, name: sub })
  guarded.doorkeeper.forget()
  assert.deepEqual((await guarded.ask(bearer(await token()))).body.parties, [anew])
})
