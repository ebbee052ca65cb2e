import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { type GivenBack, pagesOf, type Pool, roomFor, type Taken, takeBack } from './page.ts'

const count = 20_000
const numbers = Array.from({ length: count }, (_, n) => BigInt(n + 1))

test('of thousands of pages that true-ups gave back of, each is looked at a few times only', () => {
  const pages = new Map(numbers.map((page) => [page, { paid: 10n, live: 0n }]))
  const pool: Pool = { owner: 'chem', currency: 'THB', pages, added: -4n * BigInt(count) }
  const taken: Taken[] = numbers.map((page) => ({ page, first: 10n, left: page <= BigInt(count / 2) ? 2n : 10n }))
  const givenBack: GivenBack[] = numbers
    .slice(0, count / 2)
    .map((page) => ({ owner: 'chem', currency: 'THB', nanos: 10n, pages: [page], pool }))
  const began = performance.now()
  assert.equal(pagesOf(givenBack, [pool]).length, count)
  const back = new Map<bigint, bigint>()
  takeBack(taken, givenBack, ({ page }, nanos) => back.set(page, (back.get(page) ?? 0n) + nanos))
  // All of what each page had left of its own, and the rest of others.
  assert.equal(back.get(1n), 2n)
  assert.equal(back.get(BigInt(count)), undefined)
  assert.equal(
    [...back.values()].reduce((sum, nanos) => sum + nanos, 0n),
    10n * BigInt(count / 2),
  )
  assert.equal(roomFor(pool, taken), 0n)
  assert.ok(performance.now() - began < 2_000)
})
