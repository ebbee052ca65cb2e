import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { type Answered, aloneStored } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { forgetPerson, linkPerson, markOf, personToForget, type ToForget } from '../parties/people-commands.ts'
import { changingParties } from '../parties/watch-commands.ts'
import { idOf } from '../values/id.ts'
import * as sql from './sql.ts'

type Call = { readonly principal: string; readonly key: string }

/** What stands below this module and holds what sources said of people, wired where everything is known. */
export type Memories = {
  /** `emptied` are those of whom nothing else is told: they are the same person. */
  erase(writer: Writer, person: string, what: ToForget): Promise<Emptied>
  count(
    reader: Reader,
    person: string,
    what: ToForget,
  ): Promise<{ records: number; quarantined: number; waiting: number }>
}

type Emptied = { readonly records: number; readonly quarantined: number; readonly emptied: readonly string[] }

/** A name of a source means this person from now on: a login of theirs, for example. */
export function link(house: House, call: Call, person: string, name: { source: string; name: string }) {
  // The name as a mark: what is digested is sealed, and an erasure would leave something to try names against.
  const input = {
    person: idOf('person', person),
    source: name.source,
    name: markOf(house.keys.seal, name.source, name.name),
  }
  const asked = { ...call, command: 'access.linkName', input }
  return changingParties(house, () =>
    aloneStored(house, asked, async (writer) => {
      const linked = await linkPerson(writer, person, name.source, name.name)
      return { person: input.person, linked }
    }),
  ) as Promise<Answered>
}

/**
 * Takes away name, e-mail, other names and the words of sources, and closes all doors to the person. What was used and
 * charged stays, under a number that says nothing. Cannot be undone.
 */
export function erase(house: House, call: Call, person: string, memories: Memories): Promise<Answered> {
  const id = idOf('person', person)
  const asked = { ...call, command: 'access.erasePerson', input: { person: id } }
  return changingParties(house, () =>
    aloneStored(house, asked, async (writer) => {
      await sql.raiseRevision(writer)
      const { records, quarantined, emptied } = await memories.erase(
        writer,
        person,
        await forgetPerson(writer, house, person),
      )
      for (const same of emptied) await forgetPerson(writer, house, same)
      let keys = 0
      for (const same of [id, ...emptied.map((uuid) => idOf('person', uuid))]) {
        const own = (await sql.keysOfParty(writer, same)).map((key) => key.id)
        await sql.insertRevocation(writer, own)
        await sql.forgetNames(writer, same)
        keys += own.length
      }
      return { person: id, records, quarantined, keys }
    }),
  ) as Promise<Answered>
}

/** What erasing would take away. */
export async function previewErasure(reader: Reader, person: string, memories: Memories) {
  const what = await personToForget(reader, person)
  const keys = await sql.keysOfParty(reader, idOf('person', person))
  return { names: what.texts, keys: keys.length, ...(await memories.count(reader, person, what)) }
}
