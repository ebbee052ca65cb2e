import { copyBytes, timestampText } from '../database/copy-text.ts'
import { type Reader, row, rows } from '../database/reader.ts'
import { append, appendBinary, execute, type SealedTable, type Writer } from '../database/writer.ts'
import type { Role } from './roles.ts'

export const keysTable: SealedTable = {
  name: 'access.keys',
  columns: ['id', 'operation', 'at', 'prefix', 'digest', 'principal', 'role', 'parties', 'expires_at'],
  beside: ['name'],
}

export const revocationsTable: SealedTable = { name: 'access.revocations', columns: ['id', 'operation', 'at', 'key'] }

export type NewKey = {
  readonly id: bigint
  readonly prefix: string
  readonly digest: Buffer
  readonly principal: string
  readonly role: Role
  readonly parties: string
  readonly expiresAt: Date | null
  readonly name: string
}

export const insertKey = (writer: Writer, key: NewKey) =>
  appendBinary(
    writer,
    keysTable,
    [key],
    ({ id, prefix, digest, principal, role, parties, expiresAt }) =>
      `${id}\t${writer.operation}\t${timestampText(writer.at.getTime())}\t${prefix}\t${copyBytes(digest)}\t` +
      `${principal}\t${role}\t${parties}\t${expiresAt === null ? '\\N' : timestampText(expiresAt.getTime())}`,
    ({ id, prefix, digest, principal, role, parties, expiresAt, name }, out) => {
      out.row(10).bigint(id).bigint(writer.operation).time(writer.at.getTime()).text(prefix)
      out.bytes(digest.toString('hex')).text(principal).text(role).text(parties)
      out.time(expiresAt?.getTime() ?? null).text(name)
    },
  )

export const insertRevocation = (writer: Writer, keys: readonly string[]) =>
  append(
    writer,
    revocationsTable,
    keys,
    (key) => `${writer.nextId()}\t${writer.operation}\t${timestampText(writer.at.getTime())}\t${key}`,
  )

export const raiseRevision = (writer: Writer) => execute(writer, `update access.revision set number = number + 1`)

export const revision = (reader: Reader) =>
  row<{ number: string }>(reader, `select number::text from access.revision`, [], 'access.revision')

export type KeyRow = {
  id: string
  at: Date
  prefix: string
  digest: Buffer
  principal: string
  role: Role
  parties: string
  expires_at: Date | null
  name: string
  revoked_at: Date | null
  used_at: Date | null
}

const columns = `k.id, k.at, k.prefix, k.digest, k.principal, k.role, k.parties, k.expires_at, k.name,
       r.at as revoked_at, u.used_at`
const tables = `access.keys k
       left join access.revocations r on r.key = k.id
       left join access.uses u on u.key = k.id`

export const keyByPrefix = (reader: Reader, prefix: string) =>
  row<KeyRow>(reader, `select ${columns} from ${tables} where k.prefix = $1`, [prefix], 'access.key_by_prefix')

export const keyById = (reader: Reader, id: bigint) =>
  row<KeyRow>(reader, `select ${columns} from ${tables} where k.id = $1`, [id])

export const keysAfter = (reader: Reader, after: bigint, limit: number) =>
  rows<KeyRow>(reader, `select ${columns} from ${tables} where k.id > $1 order by k.id limit $2`, [after, limit])

/** People call keys after people, also those that were revoked. */
export const forgetNames = (writer: Writer, party: string) =>
  execute(writer, `update access.keys set name = 'erased' where $1 = any (string_to_array(parties, ' '))`, [party])

/** Keys that still open a door, by which a party could act: they go when it is erased. */
export const keysOfParty = (reader: Reader, id: string) =>
  rows<{ id: string }>(
    reader,
    `select k.id from access.keys k
      where $1 = any (string_to_array(k.parties, ' '))
        and not exists (select from access.revocations r where r.key = k.id)
      order by k.id`,
    [id],
  )

export const anyKey = async (reader: Reader): Promise<boolean> =>
  (await rows(reader, `select from access.keys limit 1`)).length > 0

export const noteUses = (reader: Reader, keys: readonly string[], times: readonly Date[]) =>
  rows(
    reader,
    `insert into access.uses (key, used_at)
     select key, used_at from unnest($1::bigint[], $2::timestamptz[]) as used (key, used_at) order by key
         on conflict (key) do update set used_at = greatest(uses.used_at, excluded.used_at)`,
    [keys, times],
  )
