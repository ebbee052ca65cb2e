import { strict as assert } from 'node:assert'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { configLines, type Environment, type Flags, readSettings, unknownVariables } from './settings.ts'

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'bursar-settings-')), 'secret')
  writeFileSync(file, text)
  return file
}

test('without any variable Bursar listens on loopback and keeps its data beside it', () => {
  const settings = readSettings({})
  assert.deepEqual([settings.host, settings.port, settings.data], ['127.0.0.1', 8100, resolve('data')])
  assert.deepEqual([settings.zone, settings.unknownParties, settings.databaseUrl], ['UTC', 'create', undefined])
})

test('a flag goes before the environment, and an empty variable is not set', () => {
  assert.equal(readSettings({ BURSAR_PORT: '9000' }, { BURSAR_PORT: '9001' }).port, 9001)
  assert.equal(readSettings({ BURSAR_PORT: '' }).port, 8100)
})

test('a secret may come from a file', () => {
  const file = fileWith('postgres://u:p@db/books\n')
  assert.equal(readSettings({ DATABASE_URL_FILE: file }).databaseUrl, 'postgres://u:p@db/books')
})

const secret = 's'.repeat(32)
const pinned = { BURSAR_JWT_ISSUER: 'i', BURSAR_JWT_AUDIENCE: 'a' }

test('a value that cannot be is refused, naming the variable', () => {
  const wrong: [Environment, RegExp][] = [
    [{ BURSAR_CURRENCIES: 'gpuh' }, /BURSAR_CURRENCIES/],
    [{ BURSAR_PORT: 'http' }, /BURSAR_PORT is “http”/],
    [{ BURSAR_PORT: '65536' }, /BURSAR_PORT/],
    [{ BURSAR_ZONE: 'Bangkok' }, /BURSAR_ZONE is “Bangkok”/],
    [{ BURSAR_ZONE: '+07:00' }, /BURSAR_ZONE/],
    [{ BURSAR_UNKNOWN_PARTIES: 'maybe' }, /BURSAR_UNKNOWN_PARTIES is “maybe”/],
    [{ BURSAR_LOG_LEVEL: 'loud' }, /BURSAR_LOG_LEVEL/],
    [{ BURSAR_NAMED_STATEMENTS: 'false' }, /BURSAR_NAMED_STATEMENTS is “false”/],
    [{ BURSAR_TLS_CERT: 'x.pem' }, /BURSAR_TLS_CERT is set alone/],
    [{ DATABASE_URL_FILE: '/no/such/file' }, /DATABASE_URL_FILE: \/no\/such\/file cannot be read \(ENOENT\)/],
    [{ DATABASE_URL: 'postgres://x', DATABASE_URL_FILE: '/x' }, /both set/],
    [{ BURSAR_JWT_SECRET: 'x'.repeat(31), ...pinned }, /BURSAR_JWT_SECRET is too short/],
    [{ BURSAR_JWT_SECRET: secret, BURSAR_JWT_ISSUER: 'i' }, /BURSAR_JWT_AUDIENCE is not set/],
    [{ BURSAR_JWT_SECRET: secret, BURSAR_JWT_AUDIENCE: 'a' }, /BURSAR_JWT_ISSUER is not set/],
    [{ BURSAR_JWT_SECRET: secret, BURSAR_JWKS_URL: 'https://x', ...pinned }, /both set/],
    [{ BURSAR_JWKS_URL: 'http://login.example.org/keys', ...pinned }, /anybody's/],
    [{ BURSAR_JWKS_URL: 'keys.json', ...pinned }, /anybody's/],
    [{ BURSAR_JWT_ISSUER: 'i' }, /nothing to check tokens with/],
  ]
  for (const [environment, message] of wrong)
    assert.throws(() => readSettings(environment), { message, name: 'Refusal' })
})

test('tokens are checked by a secret or by published keys, and by none without them', () => {
  assert.equal(readSettings({}).jwt, undefined)
  const bySecret = readSettings({ BURSAR_JWT_SECRET: secret, ...pinned }).jwt
  assert.deepEqual(bySecret, { issuer: 'i', audience: 'a', secret, jwksUrl: undefined })
  for (const jwksUrl of ['https://login.example.org/keys', 'http://127.0.0.1:8080/keys'])
    assert.equal(readSettings({ BURSAR_JWKS_URL: jwksUrl, ...pinned }).jwt?.jwksUrl, jwksUrl)
  const lines = configLines({ BURSAR_JWT_SECRET: secret, ...pinned }, {})
  assert.ok(!JSON.stringify(lines).includes(secret))
})

test('a wrong database address is refused without repeating the password in it', () => {
  assert.throws(
    () => readSettings({ DATABASE_URL: 'mysql://u:hunter2@db' }),
    (error: Error) => /DATABASE_URL/.test(error.message) && !error.message.includes('hunter2'),
  )
})

test('an address of keys with a password in it is refused without repeating it', () => {
  for (const address of ['https://u:hunter2@login.example.org/keys', 'https://hunter2@login.example.org/keys'])
    assert.throws(
      () => readSettings({ BURSAR_JWKS_URL: address, ...pinned }),
      (error: Error) => /BURSAR_JWKS_URL has a user/.test(error.message) && !error.message.includes('hunter2'),
    )
})

test('the settings in force are listed with their origin, and no secret is among them', () => {
  const environment = {
    DATABASE_URL: 'postgres://bursar:hunter2@db:5433/books?sslpassword=hunter2',
    BURSAR_SEAL_KEY_FILE: fileWith('feedfacecafe'),
  }
  const flags: Flags = { BURSAR_PORT: '9000' }
  const lines = configLines(environment, flags)
  assert.ok(!/hunter2|feedface/.test(JSON.stringify(lines)))
  const of = (name: string) => {
    const { value, from } = lines.find((line) => line.name === name) ?? { value: '', from: '' }
    return [value, from]
  }
  assert.deepEqual(of('DATABASE_URL'), ['postgres://bursar:••••••••@db:5433/books', 'environment'])
  assert.deepEqual(of('BURSAR_SEAL_KEY'), ['••••••••', 'BURSAR_SEAL_KEY_FILE'])
  assert.deepEqual(of('BURSAR_PORT'), ['9000', 'flag'])
  assert.deepEqual(of('BURSAR_HOST'), ['127.0.0.1', 'standard'])
})

test('what looks like a setting and is none is named', () => {
  const environment = { BURSAR_APROVAL_GRANT_LIMIT: '5', BURSAR_SEAL_KEY_FILE: 'x', BURSAR_ZONE: 'UTC', PATH: '/bin' }
  assert.deepEqual(unknownVariables(environment), ['BURSAR_APROVAL_GRANT_LIMIT'])
})
