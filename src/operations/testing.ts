import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noting } from '../database/transaction.ts'
import { type FreshDatabase, freshDatabase } from '../database/testing.ts'
import type { House } from './house.ts'
import type { Operation } from './operation.ts'
import { insert } from './sql.ts'
import { headKey, newHeadKey, sealKey, type SealKeys } from './keys.ts'

let heads: string | undefined

/** One for the process, gone with it. */
function headsDirectory(): string {
  if (heads === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'bursar-heads-'))
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
    heads = directory
  }
  return heads
}

/** Keys that nobody keeps. */
export function newKeys(): SealKeys {
  const seal = sealKey(randomBytes(32).toString('hex'), 'a new key')
  const headsFile = join(headsDirectory(), `${seal.id}.jsonl`)
  return { seal, known: new Map([[seal.id, seal]]), head: headKey(newHeadKey()), headsFile, headWebhook: undefined }
}

export type FreshHouse = FreshDatabase & { readonly house: House }

/** Puts an operation into the books that no work was done for, as it would come from another server. */
export async function insertOperation(house: House, operation: Operation): Promise<void> {
  await noting(house.database, (client) => insert(client, operation, house.keys.seal))
}

/** A house on an empty database of its own. */
export async function freshHouse(zone = 'UTC'): Promise<FreshHouse> {
  const fresh = await freshDatabase()
  return { ...fresh, house: { database: fresh.database, keys: newKeys(), zone } }
}
