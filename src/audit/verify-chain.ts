import type { PoolClient } from 'pg'
import { copyOut } from '../database/copy.ts'
import type { SealKey } from '../operations/keys.ts'
import { leafOf, markFault, MerkleTree } from './block.ts'
import { type Check, Faults } from './check.ts'
import * as sql from './sql.ts'

/** What stands before an operation's own columns in a line of the chain. */
const prefixFields = 6
const none = '\\N'

/** The newest transaction of an epoch that is sealed: nothing unsealed may be older. */
type Newest = { epoch: number; xid: number }

class Chain {
  readonly marks = new Faults()
  readonly seals = new Faults()
  operations = 0
  unsealed = 0
  private block = ''
  private wanted = { operations: '', root: '' }
  private leaves = new MerkleTree()
  private last: { position: string | undefined; sealed: string | undefined } = { position: '', sealed: '' }
  /** The transaction of the operation before, in this block: they are sealed in the order in which they began. */
  private before = 0
  private newest: Newest = { epoch: 0, xid: -1 }
  private readonly keys: ReadonlyMap<string, SealKey>

  constructor(keys: ReadonlyMap<string, SealKey>) {
    this.keys = keys
  }

  take(line: Buffer): void {
    let end = -1
    for (let field = 0; field < prefixFields; field++) end = line.indexOf(9, end + 1)
    const [block = none, position, sealed, operations = '', root = '', epoch] = line
      .toString('latin1', 0, end)
      .split('\t')
    const row = line.subarray(end + 1, -1)
    const [id, ownEpoch, xid] = row.toString('latin1', 0, 80).split('\t')
    const exists = id !== none
    if (exists) this.takeOperation(row, id as string)
    if (block === none) return this.takeUnsealed(id as string, Number(ownEpoch), Number(xid))
    if (block !== this.block) this.endBlock()
    this.block = block
    this.wanted = { operations, root }
    if (root === none) this.seals.add(`operation ${sealed} is sealed in block ${block}, which does not exist`)
    if (!exists) this.seals.add(`operation ${sealed}, sealed in block ${block}, is missing`)
    if (Number(position) !== this.leaves.size) {
      const there = `operation ${sealed} is at place ${position}`
      const wrong =
        position === this.last.position
          ? `has operation ${this.last.sealed} at place ${position}`
          : `has no operation at place ${this.leaves.size}`
      this.seals.add(`block ${block} ${wrong}, and ${there}`)
    }
    this.last = { position, sealed }
    if (Number(xid) < this.before) this.seals.add(`operation ${sealed} is out of its order in block ${block}`)
    this.before = exists ? Number(xid) : this.before
    if (exists && ownEpoch !== epoch)
      this.seals.add(`operation ${sealed} of epoch ${ownEpoch} is sealed in epoch ${epoch}`)
    this.leaves.add(leafOf(row))
    this.see(Number(ownEpoch), Number(xid))
  }

  endBlock(): void {
    if (this.block === '') return
    const { operations, root } = this.wanted
    if (root !== none && String(this.leaves.size) !== operations) {
      this.seals.add(`block ${this.block} holds ${this.leaves.size} operations, and sealed ${operations}`)
    } else if (root !== none && this.leaves.root().toString('hex') !== root) {
      this.seals.add(`block ${this.block}: its operations are not those it sealed, or in another order`)
    }
    this.leaves = new MerkleTree()
    this.last = { position: '', sealed: '' }
    this.before = 0
    this.block = ''
  }

  private takeOperation(row: Buffer, id: string): void {
    this.operations += 1
    const fault = markFault(row, this.keys)
    if (fault) this.marks.add(`operation ${id} ${fault}`)
  }

  private see(epoch: number, xid: number): void {
    if (!(epoch >= this.newest.epoch)) return
    if (epoch > this.newest.epoch) this.newest = { epoch, xid }
    else this.newest.xid = Math.max(this.newest.xid, xid)
  }

  /** Comes after all blocks. */
  private takeUnsealed(id: string, epoch: number, xid: number): void {
    this.endBlock()
    this.unsealed += 1
    const { newest } = this
    const isNew = epoch > newest.epoch || (epoch === newest.epoch && xid > newest.xid)
    if (!isNew)
      this.seals.add(`operation ${id} is older than what is sealed, and not sealed itself: it was put in later`)
  }
}

/** Every operation's mark, and that the blocks hold exactly the operations there are. */
export async function checkChain(client: PoolClient, keys: ReadonlyMap<string, SealKey>): Promise<Check[]> {
  const chain = new Chain(keys)
  // Sorting whole rows: worth more memory than an everyday statement gets.
  await client.query(`set local work_mem = '64MB'`)
  await copyOut(client, sql.copyChain, (line) => {
    chain.take(line)
    return undefined
  })
  chain.endBlock()
  const { operations, unsealed } = chain
  return [
    chain.marks.check('operations bear their marks', `${operations} operations`),
    chain.seals.check(
      'every operation is sealed once',
      `${operations - unsealed} sealed, ${unsealed} wait for the sealer`,
    ),
  ]
}
