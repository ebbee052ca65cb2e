import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { copyBytes, timestampText } from '../database/copy-text.ts'
import { markWith, type SealKey } from '../operations/keys.ts'

export type Block = {
  readonly number: number
  readonly epoch: number
  readonly operations: number
  readonly root: Buffer
  /** The mark of the block before; zeros before the first. */
  readonly previous: Buffer
  readonly at: Date
  readonly keyId: string
  readonly mac: Buffer
}

export const beforeFirst: Buffer = Buffer.alloc(32)

/** Of an operation's row as COPY prints it, without the line end. */
export const leafOf = (row: Buffer): Buffer => createHash('sha256').update(row).digest()

const inner = Buffer.from([1])

/** The odd one of a level goes up as it is. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  assert(leaves.length > 0)
  let level = leaves
  while (level.length > 1) {
    const above: Buffer[] = []
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] as Buffer
      const right = level[index + 1]
      above.push(right ? createHash('sha256').update(inner).update(left).update(right).digest() : left)
    }
    level = above
  }
  return level[0] as Buffer
}

/** Over the row's other columns as COPY prints them. */
export function newBlock(key: SealKey, block: Omit<Block, 'keyId' | 'mac'>): Block {
  const { number, epoch, operations, root, previous, at } = block
  const fields = [number, epoch, operations, copyBytes(root), copyBytes(previous), timestampText(at.getTime()), key.id]
  return { ...block, keyId: key.id, mac: Buffer.from(markWith(key, fields.join('\t')), 'hex') }
}

/** A marked row of COPY text: what its mark covers, who made it, and the mark. Both stand last in the row. */
export function markedRow(row: Buffer): { covered: Buffer; keyId: string; mac: string } {
  const end = row.lastIndexOf('\t')
  const start = row.lastIndexOf('\t', end - 1)
  return {
    covered: row.subarray(0, end),
    keyId: row.toString('utf8', start + 1, end),
    // Behind the `\\x` of a bytea.
    mac: row.toString('latin1', end + 4),
  }
}

/** Why a row's mark is not good; undefined when it is. */
export function markFault(row: Buffer, keys: ReadonlyMap<string, SealKey>): string | undefined {
  const { covered, keyId, mac } = markedRow(row)
  const key = keys.get(keyId)
  if (!key) return `is marked with key ${keyId}, which is not here (BURSAR_SEAL_KEYS_FORMER)`
  return markWith(key, covered) === mac ? undefined : 'was changed: its mark does not fit'
}
