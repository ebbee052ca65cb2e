import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { leafOf, MerkleTree } from './block.ts'

const digest = (...parts: readonly Buffer[]): Buffer => {
  const sha = createHash('sha256')
  for (const part of parts) sha.update(part)
  return sha.digest()
}

/** As it is defined: level by level, two make one, and the odd one goes up as it is. */
function rootByLevels(rows: readonly Buffer[]): string {
  let level = rows.map((row) => digest(row))
  while (level.length > 1) {
    const below = level
    level = below.flatMap((left, place) => {
      if (place % 2 === 1) return []
      const right = below[place + 1]
      return [right ? digest(Buffer.from([1]), left, right) : left]
    })
  }
  return level[0]?.toString('hex') ?? ''
}

test('the tree that grows leaf by leaf has the root of the tree that is made level by level', () => {
  const rows: Buffer[] = []
  for (let size = 1; size <= 130; size += 1) {
    rows.push(Buffer.from(`row ${size} \u{1f4b3}`))
    const tree = new MerkleTree()
    for (const row of rows) tree.add(leafOf(row))
    assert.equal(tree.size, size)
    assert.equal(tree.root().toString('hex'), rootByLevels(rows))
  }
})
