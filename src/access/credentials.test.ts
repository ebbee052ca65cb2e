import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { credentialsOf } from './credentials.ts'
import { keyFrom, prefixOf, principalFault, principalFor } from './key.ts'

const { secret, prefix } = keyFrom(new Uint8Array(40).fill(7))
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('a key comes as Bearer or as the password of Basic, whatever the user is and however the scheme is written', () => {
  const key = { kind: 'key', text: secret, prefix }
  for (const header of [
    `Bearer ${secret}`,
    `bearer  ${secret} `,
    basic(`:${secret}`),
    basic(`somebody@example.org:${secret}`),
    basic(`ผู้ใช้:${secret}`),
    basic(`x:${secret}`).replace('Basic', 'BASIC'),
  ])
    assert.deepEqual(credentialsOf(header), key, header)
})

test('without a header there are no credentials; what cannot be read is told, never thrown', () => {
  assert.deepEqual(credentialsOf(undefined), { kind: 'none' })
  assert.equal(credentialsOf('Bearer a.b.c').kind, 'token')
  for (const header of [
    'Bearer',
    'Bearer x',
    `Bearer ${secret}x`,
    `Token ${secret}`,
    secret,
    basic(secret),
    basic(`${secret}:`),
    'Basic §',
    'Negotiate abc',
  ])
    assert.equal(credentialsOf(header).kind, 'bad', header)
  fc.assert(fc.property(fc.string(), (header) => ['none', 'bad', 'token'].includes(credentialsOf(header).kind)))
})

test('a key says which one it is, and two that differ in one bit are two keys', () => {
  assert.match(secret, /^bsr_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}$/)
  assert.equal(prefixOf(secret), prefix)
  const bytes = fc.uint8Array({ minLength: 40, maxLength: 40 })
  const bit = fc.integer({ min: 64, max: 319 })
  fc.assert(
    fc.property(bytes, bit, (random, at) => {
      const other = Uint8Array.from(random)
      other[at >> 3] = (other[at >> 3] as number) ^ (1 << (at & 7))
      assert.notEqual(keyFrom(random).secret, keyFrom(other).secret)
    }),
  )
})

test('a principal is a word that is not the house itself', () => {
  for (const name of ['gateway', 'a@b.org', 'x_1.2-3']) assert.equal(principalFault(name), undefined)
  for (const name of ['', ' ', 'local', 'bursar', 'a b', 'per_1', 'é', '-a', 'x'.repeat(101)])
    assert.notEqual(principalFault(name), undefined)
  assert.equal(principalFor('Slurm prolog (new)', 'all', 'abc'), 'Slurm-prolog-new')
  assert.equal(principalFor('ระบบ', 'all', 'abc'), 'key-abc')
  assert.equal(principalFor('local', 'all', 'abc'), 'key-abc')
  assert.equal(principalFor('laptop', ['per_12'], 'abc'), 'per_12')
})
