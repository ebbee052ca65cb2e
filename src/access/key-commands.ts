import { randomBytes } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import { Problem } from '../http/problem.ts'
import { aloneStored, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { knownAmong } from '../parties/people-commands.ts'
import { numbered } from '../values/id.ts'
import { digestOf, keyFrom, principalFault, principalFor } from './key.ts'
import type { Role } from './roles.ts'
import { partiesFault, partiesText, partyUuid } from './scope.ts'
import * as sql from './sql.ts'

type Call = { readonly principal: string; readonly key: string }

export type KeyWanted = {
  readonly name: string
  readonly role: Role
  /** Whose idempotency keys it shares; without one, its own: the name, or the only person it is for. */
  readonly principal: string | undefined
  readonly parties: 'all' | readonly string[]
  readonly expiresAt: Date | null
}

export type CreatedKey = {
  readonly id: string
  readonly prefix: string
  readonly principal: string
  /** Shown this once. */
  readonly secret: string
  readonly operation: bigint
}

/** @throws Problem `secret-already-shown` when this call was answered before: the secret is kept nowhere. */
export async function createKey(house: House, call: Call, wanted: KeyWanted): Promise<CreatedKey> {
  const { name, role, expiresAt } = wanted
  refuseFaults({
    'body.name': name.trim() === '' || name.length > 200 ? 'must be 1 to 200 characters' : undefined,
    'body.principal': wanted.principal === undefined ? undefined : principalFault(wanted.principal),
    'body.parties': partiesFault(role, wanted.parties),
    'body.expiresAt': expiresAt && expiresAt.getTime() <= Date.now() ? 'is in the past' : undefined,
  })
  await refuseUnknown(house.database.pool, wanted.parties)
  const parties = partiesText(wanted.parties)
  const input = {
    name,
    role,
    principal: wanted.principal ?? null,
    parties,
    expiresAt: expiresAt?.toISOString() ?? null,
  }
  const made = keyFrom(randomBytes(40))
  const command = { ...call, command: 'access.createKey', input, status: 201 }
  const answered = await aloneStored(house, command, async (writer) => {
    const id = writer.nextId()
    const digest = Buffer.from(digestOf(made.secret), 'base64')
    const principal = wanted.principal ?? principalFor(name, wanted.parties, made.prefix)
    await sql.insertKey(writer, { id, prefix: made.prefix, digest, principal, role, parties, expiresAt, name })
    return { id: numbered('key', id), prefix: made.prefix, principal }
  })
  const key = JSON.parse(answered?.answer ?? '{}') as Pick<CreatedKey, 'id' | 'prefix' | 'principal'>
  if (!answered || answered.again) throw new Problem('secret-already-shown', { key: key.id })
  return { ...key, secret: made.secret, operation: answered.operation }
}

function refuseFaults(faults: Readonly<Record<string, string | null | undefined>>): void {
  const issues = Object.entries(faults).flatMap(([field, message]) => (message ? [{ field, message }] : []))
  if (issues.length > 0) throw new Problem('request-invalid', { issues })
}

async function refuseUnknown(reader: Reader, parties: KeyWanted['parties']): Promise<void> {
  if (parties === 'all') return
  const known = await knownAmong(
    reader,
    parties.map((id) => partyUuid(id) as string),
  )
  const unknown = parties.find((id) => !known.has(partyUuid(id) as string))
  if (unknown !== undefined) throw new Problem('not-found', { detail: `There is no party ${unknown}.` })
}

/** From now on nobody gets in with it. Answers its operation; undefined when it was revoked before. */
export async function revokeKey(house: House, call: Call, id: bigint): Promise<bigint | undefined> {
  const key = numbered('key', id)
  const answered = await aloneStored(
    house,
    { ...call, command: 'access.revokeKey', input: { key } },
    async (writer) => {
      await sql.raiseRevision(writer)
      const found = await sql.keyById(writer, id)
      if (!found) throw new Problem('not-found', { detail: `There is no key ${key}.` })
      if (found.revoked_at) return nothing
      await sql.insertRevocation(writer, [found.id])
      return { key }
    },
  )
  return answered?.operation
}

/**
 * The key to begin with: whoever starts Bursar first is its administrator. Undefined when there was a key before, also one
 * that another process makes at this moment.
 */
export async function firstKey(house: House): Promise<string | undefined> {
  if (await sql.anyKey(house.database.pool)) return undefined
  const wanted = {
    name: 'made at the first start',
    role: 'admin',
    principal: 'admin',
    parties: 'all',
    expiresAt: null,
  } as const
  try {
    return (await createKey(house, { principal: 'bursar', key: 'first key' }, wanted)).secret
  } catch (error) {
    if (error instanceof Problem && error.type === 'secret-already-shown') return undefined
    throw error
  }
}

/** Keys in the order in which they were made. */
export { keysAfter, keysTable, revocationsTable } from './sql.ts'
export type { KeyRow } from './sql.ts'
