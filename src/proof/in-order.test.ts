import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { inOrder } from './in-order.ts'

test('values come in the order of their sources, and all sources go on at once', async () => {
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  async function* first() {
    await gate.promise
    yield 'a1'
    yield 'a2'
  }
  async function* second() {
    for (const name of ['b1', 'b2', 'b3']) {
      done.push(name)
      yield await Promise.resolve(name)
    }
    // The first can go on only now: if they took turns, this would never end.
    gate.resolve()
  }
  assert.deepEqual(await Array.fromAsync(inOrder<string>([first(), second()])), ['a1', 'a2', 'b1', 'b2', 'b3'])
  assert.deepEqual(done, ['b1', 'b2', 'b3'])
})

test('a source that fails ends them all, and what came before it is told', async () => {
  async function* good() {
    yield* [1, 2]
  }
  async function* bad() {
    yield 3
    throw new Error('broken')
  }
  const told: number[] = []
  await assert.rejects(async () => {
    for await (const value of inOrder<number>([good(), bad(), good()])) told.push(value)
  }, /broken/)
  assert.deepEqual(told, [1, 2, 3])
})
