import { strict as assert } from 'node:assert'
import type { PoolClient } from 'pg'
import { copyOut } from '../database/copy.ts'
import type { House } from '../operations/house.ts'
import { beforeFirst, leafOf, MerkleTree, newBlock } from './block.ts'
import { publishHeads } from './heads.ts'
import * as sql from './sql.ts'
import { noting } from '../database/transaction.ts'

/** More than a second brings: what is left would be looked for among all that was just sealed. */
const operationsMax = 20_000

export type Sealed = {
  readonly blocks: number
  readonly operations: number
  /** A disagreement between the chain and the heads that were published before; a person must look. */
  readonly warning: string | undefined
}

/** Databases that this process has looked through from the first operation on. */
const searched = new WeakSet<object>()

/**
 * Seals what can be sealed and publishes the new heads. Any number of processes may do so at once: the head's row
 * lets one at a time. Nobody who writes waits for it.
 */
export async function seal(house: House): Promise<Sealed> {
  // The first time from the very beginning, whatever the watermark says.
  const whole = !searched.has(house.database)
  if (whole) await endRestoredEpoch(house)
  let blocks = 0
  let operations = 0
  for (;;) {
    const taken = await noting(house.database, (client) => sealBlock(house, client, whole))
    operations += taken
    if (taken > 0) blocks += 1
    if (taken < operationsMax) break
  }
  searched.add(house.database)
  return { blocks, operations, warning: await publishHeads(house) }
}

/** After a restore transaction numbers start anew, so what stands is sealed and a new epoch begins. */
async function endRestoredEpoch(house: House): Promise<boolean> {
  if (!(await sql.isRestored(house.database.pool))) return false
  return noting(house.database, async (client) => {
    const head = await locked(client)
    await sql.stopWriters(client)
    // Another process may have ended it while this one waited.
    if (!(await sql.isRestored(client))) return false
    for (let taken = operationsMax; taken === operationsMax; ) {
      taken = (await writeBlock(house, client, await locked(client), { after: '0', all: true })).taken
    }
    await sql.endEpoch(client)
    await sql.setWatermark(client, head.watermark, null, null)
    return true
  })
}

/**
 * Of what was just put back: who still ran in the server that it came from, nobody waits for here. The numbers of its
 * transactions say nothing in this one, and may be such as this one has not come to.
 */
export async function forgetOldServer(client: PoolClient): Promise<void> {
  await sql.setWatermark(client, (await locked(client)).watermark, null, null)
}

async function sealBlock(house: House, client: PoolClient, whole: boolean): Promise<number> {
  const head = await locked(client)
  const { watermark, next_watermark: next, last_id: last } = head
  // Asked before looking: what has ended by now is seen by the look.
  const ended = head.next_xid !== null && (await sql.hasEnded(client, head.next_xid))
  const { taken, xid } = await writeBlock(house, client, head, { after: whole ? '0' : watermark, all: false })
  if (taken === operationsMax) return taken
  if (ended) await sql.setWatermark(client, next ?? watermark, last === next ? null : last, last === next ? null : xid)
  else if (next === null && taken > 0) await sql.setWatermark(client, watermark, last, xid)
  return taken
}

async function locked(client: PoolClient): Promise<sql.HeadRow> {
  const head = await sql.lockHead(client)
  assert(head, 'the head of the chain is missing')
  return head
}

async function writeBlock(house: House, client: PoolClient, head: sql.HeadRow, from: { after: string; all: boolean }) {
  const own = await sql.ownNumber(client)
  assert(own)
  const ids: string[] = []
  const tree = new MerkleTree()
  await copyOut(client, sql.copyUnsealed(from.after, head.epoch, operationsMax, from.all), (line) => {
    ids.push(line.toString('latin1', 0, line.indexOf('\t')))
    tree.add(leafOf(line.subarray(0, -1)))
    return undefined
  })
  if (ids.length > 0) {
    const number = Number(head.block) + 1
    const previous = number === 1 ? beforeFirst : (await sql.macOfBlock(client, head.block))?.mac
    assert(previous, `block ${head.block}, the head of the chain, is missing`)
    const { epoch } = head
    const sealed = { number, epoch, operations: ids.length, root: tree.root(), previous, at: own.at }
    const block = newBlock(house.keys.seal, sealed)
    await sql.insertBlock(client, block)
    await sql.insertSeals(client, number, ids)
    await sql.moveHead(client, number)
  }
  return { taken: ids.length, xid: own.xid }
}

/** What waits to be sealed. */
export async function sealingLag(house: House): Promise<{ operations: number; seconds: number }> {
  const found = await sql.lag(house.database.pool)
  return { operations: Number(found?.operations ?? 0), seconds: Number(found?.seconds ?? 0) }
}
