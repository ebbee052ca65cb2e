import type { Reader } from '../database/reader.ts'
import { Refusal } from '../values/refusal.ts'
import type { SealKeys } from './keys.ts'
import * as sql from './sql.ts'

/**
 * A house whose history is marked with a key that is not at hand must not go on under another one: each process would mark
 * with its own, and nobody could prove all of it.
 */
export async function refusalOfKeys(reader: Reader, keys: SealKeys): Promise<Refusal | undefined> {
  const newest = await sql.newestKey(reader)
  if (newest === undefined || keys.known.has(newest)) return undefined
  return new Refusal(
    `the history of this database is marked with the seal key ${newest}, and this data directory has ${keys.seal.id}`,
    'Give every process of one database the same key: BURSAR_SEAL_KEY, BURSAR_SEAL_KEY_FILE, or a copy of the directory keys.',
  )
}

/** @throws Refusal */
export async function requireOwnKeys(reader: Reader, keys: SealKeys): Promise<void> {
  const refusal = await refusalOfKeys(reader, keys)
  if (refusal) throw refusal
}

/** What a server says at its start when it marks with another key than before: meant, or a secret of something else. */
export async function noteOfKeys(reader: Reader, keys: SealKeys): Promise<string | undefined> {
  const newest = await sql.newestKey(reader)
  if (newest === undefined || newest === keys.seal.id) return undefined
  return `operations are marked with the seal key ${keys.seal.id} from now on, and not with ${newest} as before: keep both`
}
