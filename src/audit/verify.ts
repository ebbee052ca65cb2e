import type { PoolClient } from 'pg'
import { copyOut } from '../database/copy.ts'
import type { Database } from '../database/database.ts'
import type { SealedTable } from '../database/writer.ts'
import type { SealKey, SealKeys } from '../operations/keys.ts'
import { beforeFirst, markedRow, markFault } from './block.ts'
import { type Check, Faults } from './check.ts'
import { type Head, isSignedBy } from './head.ts'
import * as sql from './sql.ts'
import { looking } from '../database/transaction.ts'
import { checkChain } from './verify-chain.ts'
import { checkRows } from './verify-rows.ts'

type Books = { readonly database: Database; readonly keys: SealKeys }

/** A head that was published before, and where it was read. */
export type PublishedHead = { readonly head: Head; readonly from: string }

/**
 * Looks at all sealed history: each operation's mark, the chain of blocks, that nothing is missing, doubled or out of
 * place, and that every sealed table holds what its operations wrote. Memory does not grow with the books.
 */
export async function* verifyHistory(
  books: Books,
  tables: readonly SealedTable[],
  published?: PublishedHead,
): AsyncGenerator<Check> {
  const { database, keys } = books
  yield await looking(database, (client) => checkBlocks(client, keys.known))
  yield* await looking(database, (client) => checkChain(client, keys.known))
  for (const table of tables) yield await checkRows(database, table)
  if (published) yield await checkHead(books, published)
}

async function checkBlocks(client: PoolClient, keys: ReadonlyMap<string, SealKey>): Promise<Check> {
  const faults = new Faults()
  let number = 0
  let before = beforeFirst.toString('hex')
  await copyOut(client, sql.copyBlocks, (line) => {
    const row = line.subarray(0, -1)
    const fields = row.toString('latin1').split('\t')
    const found = Number(fields[0])
    if (found !== number + 1) faults.add(`blocks ${number + 1} to ${found - 1} are missing`)
    number = found
    const fault = markFault(row, keys)
    if (fault) faults.add(`block ${number} ${fault}`)
    // Behind the `\\x` of a bytea.
    if (fields[4]?.slice(3) !== before) faults.add(`block ${number} does not follow the block before it`)
    before = markedRow(row).mac
    return undefined
  })
  const head = await sql.headBlock(client)
  if (head !== number) faults.add(`the head of the chain is block ${head}, and its last block is ${number}`)
  for (const empty of await sql.emptyBlocks(client)) faults.add(`block ${empty.number} holds no operation`)
  return faults.check('the blocks form one chain', `${number} blocks`)
}

/** Whoever cuts the newest blocks off leaves a chain that is whole in itself; only a head kept elsewhere tells. */
async function checkHead({ database, keys }: Books, { head, from }: PublishedHead): Promise<Check> {
  const faults = new Faults()
  const [block] = await sql.blocksAfter(database.pool, head.block - 1, 1)
  const known = head.headKeyId === keys.head.id
  if (known && !isSignedBy(keys.head, head))
    faults.add(`the head in ${from} is not signed by this house: it was changed`)
  else if (block?.number !== head.block) {
    const newest = await sql.headBlock(database.pool)
    faults.add(`the chain ends at block ${newest}, and block ${head.block} was published: its tail was cut off`)
  } else if (block.root.toString('hex') !== head.root || block.mac.toString('hex') !== head.mac) {
    faults.add(`block ${head.block} is not the one that was published: history was written anew`)
  }
  const signed = known ? 'signed by this house' : `signed with key ${head.headKeyId}, which is not here`
  return faults.check('the chain holds the published head', `block ${head.block} of ${from}, ${signed}`)
}
