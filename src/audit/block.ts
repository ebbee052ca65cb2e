import { strict as assert } from 'node:assert'
import { hash } from 'node:crypto'
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

/**
 * Of an operation's row as COPY prints it, without the line end. Digests of operations are texts with a character for each
 * byte, because a buffer costs more than the digest in it.
 */
export const leafOf = (row: Buffer): string => hash('sha256', row, 'binary')

const pair = Buffer.from([1, ...Buffer.alloc(64)])

function digestOfPair(left: string, right: string): string {
  pair.write(left, 1, 'latin1')
  pair.write(right, 33, 'latin1')
  return hash('sha256', pair, 'binary')
}

/** The tree over the operations of a block: two make one above them, and the odd one of a level goes up as it is. */
export class MerkleTree {
  /** Of complete trees, each smaller than the one before it; so the work is spread over the leaves as they come. */
  readonly #nodes: string[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(leaf: string): void {
    this.#size += 1
    let node = leaf
    // As often as this leaf completes a pair.
    for (let leaves = this.#size; leaves % 2 === 0; leaves /= 2) node = digestOfPair(this.#nodes.pop() ?? '', node)
    this.#nodes.push(node)
  }

  root(): Buffer {
    assert(this.#size > 0)
    return Buffer.from(
      this.#nodes.reduceRight((right, left) => digestOfPair(left, right)),
      'latin1',
    )
  }
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
