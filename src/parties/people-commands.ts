import { randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { markWith, type SealKey } from '../operations/keys.ts'
import { parseId, type UuidKind, uuidOf } from '../values/id.ts'
import { eraseFormer, keepFormer, signsInAs } from './former/sql.ts'
import { nameFault, sourceFault } from './party.ts'
import * as sql from './people/sql.ts'
import { lockRevision, raiseRevision } from './sql.ts'

/** The parties that somebody who acts for these may touch, themselves included. */
export async function reachOf(reader: Reader, parties: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await sql.reachOf(reader, parties)).map(({ party }) => party))
}

/** Those of these parties that are there. */
export async function knownAmong(reader: Reader, parties: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await sql.knownAmong(reader, parties)).map(({ party }) => party))
}

/** Somebody as an issuer of tokens knows them. */
export type Known = { readonly source: string; readonly name: string; readonly email: string | null }

/**
 * What is left of a login when its person is erased: enough to know it again when it comes back, and nothing that could be
 * found in the database by trying names, because the seal key stands outside.
 */
export const markOf = (key: SealKey, source: string, name: string): string =>
  `erased ${markWith(key, JSON.stringify(['login', source, name]))}`

/** Under the keys of former times, too. A name itself goes before its marks: somebody may be called so again. */
const namesOf = ({ keys }: House, source: string, name: string): string[] => [
  name,
  ...[...keys.known.values()].map((key) => markOf(key, source, name)),
]

/** @throws Problem `credentials-invalid` when that person was erased */
async function loginIn(reader: Reader, house: House, source: string, name: string): Promise<string | undefined> {
  const found = await sql.personOf(reader, source, namesOf(house, source, name))
  if (!found?.erased) return found?.id
  throw new Problem('credentials-invalid', { detail: 'The token is not taken: whom it names was erased.' })
}

/**
 * The UUID of the person whom a source calls so; met here for the first time, in an operation, when nobody is.
 *
 * @throws Problem `credentials-invalid` when that person was erased
 */
export async function personKnownAs(house: House, known: Known): Promise<string> {
  const { source, name } = known
  const found = await loginIn(house.database.pool, house, source, name)
  if (found !== undefined) return found
  // Without the name: what is digested is sealed, and an erasure would leave something to try names against.
  const call = { principal: 'bursar', key: randomUUID(), command: 'parties.meetPerson', input: { source } }
  await alone(house, call, async (writer) => {
    // Another process may meet the same person at this moment.
    await lockRevision(writer)
    if ((await loginIn(writer, house, source, name)) !== undefined) return nothing
    const id = randomUUID()
    // Names of people are unique, and a login may be called like somebody whom usage brought: that is not the same person.
    const shown = `${name} (${source})`.slice(0, 200)
    if ((await sql.insertPerson(writer, id, shown, known.email)) === 0)
      await sql.insertPerson(writer, id, id, known.email)
    await sql.linkName(writer, id, source, name)
    return { person: id }
  })
  const met = await loginIn(house.database.pool, house, source, name)
  if (met === undefined) throw new Problem('not-found')
  return met
}

/** The UUID of a party by its own name; undefined when nobody is called so. */
export const partyNamed = async (reader: Reader, kind: UuidKind, name: string): Promise<string | undefined> =>
  (await sql.partyByName(reader, kind, name))?.id

/** The UUID of a person named by id or by name. @throws Problem `not-found` */
export async function personNamed(reader: Reader, text: string): Promise<string> {
  const id = parseId('person', text)
  const found = id ? await sql.personById(reader, uuidOf(id)) : await sql.partyByName(reader, 'person', text)
  if (found) return found.id
  throw new Problem('not-found', { detail: `There is no person ${text}.` })
}

/** Whether a person signs in by a login that was another's: then one human may be behind both. */
export const hasLoginOf = (reader: Reader, person: string, former: string): Promise<boolean> =>
  signsInAs(reader, person, former)

/** From now on a name of a source means this person, whoever it meant before. Answers whether that is new. */
export async function linkPerson(writer: Writer, person: string, source: string, name: string): Promise<boolean> {
  for (const [field, fault] of Object.entries({ source: sourceFault(source), name: nameFault(name) })) {
    if (fault !== undefined)
      throw new Problem('request-invalid', { issues: [{ field: `body.${field}`, message: fault }] })
  }
  await lockRevision(writer)
  const known = await sql.personById(writer, person)
  if (!known || known.name === null) throw new Problem('not-found', { detail: 'There is no such person, or no more.' })
  await keepFormer(writer, 'person', [{ source, name }])
  if ((await sql.linkName(writer, person, source, name)) === 0) return false
  await raiseRevision(writer)
  return true
}

/** Whom usage brought under a name, before sources said that somebody else is called so there. */
export type Alike = { readonly person: string; readonly sources: readonly string[] }

/** What is to be erased with a person: the texts that tell who it is, and who is the same at some sources. */
export type ToForget = { readonly texts: readonly string[]; readonly alike: readonly Alike[] }

/** Everything in the books of parties that tells who somebody is. */
export async function personToForget(reader: Reader, person: string): Promise<ToForget> {
  // Of who was erased before, marks are left, and they tell nothing.
  if ((await sql.personById(reader, person))?.name == null) return { texts: [], alike: [] }
  return {
    texts: (await sql.textsOfPerson(reader, person)).map(({ text }) => text),
    alike: await sql.alikePeople(reader, person),
  }
}

/**
 * Takes away name, e-mail and all other names; of logins a mark stays, so that a token that still holds does not bring the
 * person back. Answers what they were, for whoever keeps copies.
 */
export async function forgetPerson(writer: Writer, { keys }: House, person: string): Promise<ToForget> {
  await lockRevision(writer)
  const there = await sql.personById(writer, person)
  if (!there) throw new Problem('not-found', { detail: 'There is no such person.' })
  const found = await personToForget(writer, person)
  if (there.name === null) return found
  const logins = await sql.loginsOf(writer, person)
  await eraseFormer(writer, person)
  await sql.erasePerson(writer, person)
  for (const { source, name } of logins) await sql.linkName(writer, person, source, markOf(keys.seal, source, name))
  await raiseRevision(writer)
  return found
}
