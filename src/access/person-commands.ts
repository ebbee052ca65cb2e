import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { type Answered, aloneStored } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { forgetPerson, linkPerson, textsOfPerson } from '../parties/people-commands.ts'
import { idOf } from '../values/id.ts'
import * as sql from './sql.ts'

type Call = { readonly principal: string; readonly key: string }

/** What stands below this module and holds what sources said of people, wired where everything is known. */
export type Memories = {
  erase(writer: Writer, person: string, names: readonly string[]): Promise<{ records: number; quarantined: number }>
  count(
    reader: Reader,
    person: string,
    names: readonly string[],
  ): Promise<{ records: number; quarantined: number; waiting: number }>
}

/** A name of a source means this person from now on: a login of theirs, for example. */
export function link(house: House, call: Call, person: string, name: { source: string; name: string }) {
  const input = { person: idOf('person', person), ...name }
  return aloneStored(house, { ...call, command: 'access.linkName', input }, async (writer) => {
    const linked = await linkPerson(writer, person, name.source, name.name)
    return { person: input.person, linked }
  }) as Promise<Answered>
}

/**
 * Takes away name, e-mail, other names and the words of sources, and closes all doors to the person. What was used and
 * charged stays, under a number that says nothing. Cannot be undone.
 */
export function erase(house: House, call: Call, person: string, memories: Memories): Promise<Answered> {
  const id = idOf('person', person)
  return aloneStored(house, { ...call, command: 'access.erasePerson', input: { person: id } }, async (writer) => {
    await sql.raiseRevision(writer)
    const keys = (await sql.keysOfParty(writer, id)).map((key) => key.id)
    const names = await forgetPerson(writer, person)
    const erased = await memories.erase(writer, person, names)
    await sql.insertRevocation(writer, keys)
    await sql.forgetNames(writer, id)
    return { person: id, ...erased, keys: keys.length }
  }) as Promise<Answered>
}

/** What erasing would take away. */
export async function previewErasure(reader: Reader, person: string, memories: Memories) {
  const names = await textsOfPerson(reader, person)
  const keys = await sql.keysOfParty(reader, idOf('person', person))
  return { names, keys: keys.length, ...(await memories.count(reader, person, names)) }
}
