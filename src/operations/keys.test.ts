import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHmac, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { canonicalJson, inputDigest } from './canonical.ts'
import { loadKeys, markWith } from './keys.ts'

const data = mkdtempSync(join(tmpdir(), 'bursar-keys-'))
after(() => rmSync(data, { recursive: true }))

test('keys are made once, closed to others, and the same ever after', () => {
  const first = loadKeys(data, {})
  assert.deepEqual(loadKeys(data, {}).seal, first.seal)
  assert.equal(loadKeys(data, {}).head.id, first.head.id)
  assert.equal(statSync(join(data, 'keys', 'seal.key')).mode & 0o777, 0o600)
  assert.equal(statSync(join(data, 'keys')).mode & 0o777, 0o700)
})

test('a replaced key still checks what it marked', () => {
  const old = loadKeys(data, {}).seal
  renameSync(join(data, 'keys', 'seal.key'), join(data, 'keys', 'seal-2026.key'))
  const keys = loadKeys(data, {})
  assert.notEqual(keys.seal.id, old.id)
  assert.deepEqual(keys.known.get(old.id), old)
})

test('former keys that cannot be read are refused with their place', () => {
  const home = join(data, 'home')
  loadKeys(home, {})
  mkdirSync(join(home, 'keys', 'seal-former.key'))
  assert.throws(() => loadKeys(home, {}), { name: 'Refusal', message: /the keys in .*keys cannot be read: EISDIR/ })
})

test('a key can come from the environment, or from a file that it names', () => {
  const hex = 'ab'.repeat(32)
  const byValue = loadKeys(data, { BURSAR_SEAL_KEY: hex })
  writeFileSync(join(data, 'secret'), `${hex}\n`)
  assert.deepEqual(loadKeys(data, { BURSAR_SEAL_KEY_FILE: join(data, 'secret') }).seal, byValue.seal)
  const former = loadKeys(data, { BURSAR_SEAL_KEYS_FORMER: hex })
  assert.deepEqual(former.known.get(byValue.seal.id), byValue.seal)
  assert.throws(() => loadKeys(data, { BURSAR_SEAL_KEY: 'short' }), /BURSAR_SEAL_KEY is no seal key/)
  assert.throws(() => loadKeys(data, { BURSAR_SEAL_KEY_FILE: '/nowhere' }), /BURSAR_SEAL_KEY_FILE cannot be read/)
})

test('heads are sent to web addresses only, which may stand in a file, too', () => {
  assert.equal(
    loadKeys(data, { BURSAR_HEAD_WEBHOOK: 'https://log.example.org/' }).headWebhook,
    'https://log.example.org/',
  )
  assert.equal(loadKeys(data, { BURSAR_HEAD_WEBHOOK: '' }).headWebhook, undefined)
  writeFileSync(join(data, 'webhook'), 'http://127.0.0.1:9/heads\n')
  const byFile = loadKeys(data, { BURSAR_HEAD_WEBHOOK_FILE: join(data, 'webhook') })
  assert.equal(byFile.headWebhook, 'http://127.0.0.1:9/heads')
  for (const wrong of ['ftp://log.example.org/', 'log.example.org', 'https//x'])
    assert.throws(() => loadKeys(data, { BURSAR_HEAD_WEBHOOK: wrong }), /BURSAR_HEAD_WEBHOOK is no address/)
})

test('one JSON value has one text, whatever the order of its keys', () => {
  assert.equal(canonicalJson({ b: [1, null, { d: 'x', c: true }], a: undefined }), '{"b":[1,null,{"c":true,"d":"x"}]}')
  assert.deepEqual(inputDigest('x', { a: 1, b: 2 }), inputDigest('x', { b: 2, a: 1 }))
  assert.notDeepEqual(inputDigest('x', { a: 1 }), inputDigest('y', { a: 1 }))
  assert.throws(() => canonicalJson({ a: 1n }), /no JSON value: bigint/)
  assert.throws(() => canonicalJson(new Date()), /no JSON value/)
})

test('a mark is the HMAC-SHA256 of what it marks, whatever its length', () => {
  const secret = randomBytes(32)
  const key = { id: 'k', secret }
  for (const length of [0, 1, 63, 64, 65, 1_000, 200_000]) {
    const text = 'ก'.repeat(length)
    assert.deepEqual(markWith(key, text), createHmac('sha256', secret).update(text).digest('hex'))
    assert.deepEqual(markWith(key, Buffer.from(text)), createHmac('sha256', secret).update(text).digest('hex'))
  }
})
