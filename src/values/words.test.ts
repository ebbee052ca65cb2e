import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { valueIn } from './json-text.ts'
import { Meanings, Words } from './words.ts'

test('each word has one number, however many there are', () => {
  const words = new Words()
  const texts = Array.from({ length: 5000 }, (_, number) => `user${number}`)
  for (const text of texts) {
    assert.equal(words.find(text), -1)
    words.add(text)
  }
  assert.deepEqual(words.list, texts)
  assert.deepEqual(
    texts.map((text) => words.find(text)),
    texts.map((_, number) => number),
  )
})

test('a word means what its text means, also when another list numbers it otherwise', () => {
  const meanings = new Meanings([
    ['ada', 1],
    ['bob', 2],
  ])
  const [one, other] = [
    ['ada', 'bob', 'eve'],
    ['eve', 'bob'],
  ]
  assert.deepEqual(
    one.map((_, number) => meanings.ofWord(one, number)),
    [1, 2, undefined],
  )
  assert.deepEqual(
    other.map((_, number) => meanings.ofWord(other, number)),
    [undefined, 2],
  )
  meanings.set('eve', 3)
  assert.equal(meanings.ofWord(one, 2), 3)
})

const key = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('state', 'a_state', '"state', ',"state', '\\'))

test('a value is found in the text of JSON as it would be in its object', () => {
  fc.assert(
    fc.property(fc.dictionary(key, key), key, (values, wanted) => {
      const expected = Object.hasOwn(values, wanted) ? values[wanted] : undefined
      assert.equal(valueIn(JSON.stringify(values), wanted), expected)
    }),
    { numRuns: 5000 },
  )
})
