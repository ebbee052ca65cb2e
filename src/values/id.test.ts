import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { idOf, newId, numbered, numberOf, parseId, uuidOf } from './id.ts'

test('an id and the UUID in the database are two ways to write the same', () => {
  const uuid = '0189d7e2-9c1b-4f6e-8a55-0c0f1e2d3c4b'
  const id = idOf('project', uuid)
  assert.equal(id, 'prj_0189d7e29c1b4f6e8a550c0f1e2d3c4b')
  assert.equal(uuidOf(id), uuid)
})

test('new ids differ, and are read back as ids of their kind only', () => {
  const id = newId('organisation')
  assert.notEqual(id, newId('organisation'))
  assert.equal(parseId('organisation', id), id)
  assert.equal(parseId('project', id), undefined)
})

test('what is not quite an id is none', () => {
  const hex = 'a'.repeat(32)
  for (const text of [
    '',
    'prj_',
    `prj_${hex}a`,
    `prj_${hex.slice(1)}`,
    `PRJ_${hex}`,
    `prj_${hex} `,
    `prj_${'g'.repeat(32)}`,
  ]) {
    assert.equal(parseId('project', text), undefined, text)
  }
})

test('numbered ids carry their number and their kind', () => {
  assert.equal(numbered('record', 42n), 'rec_42')
  assert.equal(numberOf('record', 'rec_42'), 42n)
  assert.equal(numberOf('charge', 'rec_42'), undefined)
  for (const text of ['rec_', 'rec_-1', 'rec_1.5', '42', `rec_${'9'.repeat(20)}`]) {
    assert.equal(numberOf('record', text), undefined, text)
  }
})
