import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { sharesOf } from './sides.ts'

const sides = (wallet: [bigint, bigint], billed: [bigint, bigint]) => ({
  wallet: { charged: wallet[0], trued: wallet[1] },
  billed: { charged: billed[0], trued: billed[1] },
})

test('a true-up is shared by what was charged to the wallet and what is billed', () => {
  assert.deepEqual(sharesOf(-4n, sides([30n, 0n], [10n, 0n]), false), { wallet: -3n, billed: -1n })
  assert.deepEqual(sharesOf(-4n, sides([30n, 0n], [0n, 0n]), false), { wallet: -4n, billed: 0n })
  assert.deepEqual(sharesOf(-4n, sides([0n, 0n], [10n, 0n]), true), { wallet: 0n, billed: -4n })
})

test('what was given back by how the project paid then moves to where it belongs with the next', () => {
  assert.deepEqual(sharesOf(1n, sides([30n, -5n], [10n, 0n]), true), { wallet: 2n, billed: -1n })
})

test('where single records came to nothing it is as the project pays by now, and in the end neither keeps anything', () => {
  assert.deepEqual(sharesOf(7n, sides([0n, 0n], [0n, 2n]), true), { wallet: 7n, billed: 0n })
  assert.deepEqual(sharesOf(-9n, sides([0n, 7n], [0n, 2n]), false), { wallet: -7n, billed: -2n })
})
