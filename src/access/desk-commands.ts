import { randomUUID } from 'node:crypto'
import type { House } from '../operations/house.ts'
import { partyNamed, personNamed } from '../parties/people-commands.ts'
import { Problem } from '../http/problem.ts'
import { type Id, idOf, numberOf, parseId, type UuidKind, uuidOf } from '../values/id.ts'
import { noParty } from './absent.ts'
import { createKey, keysAfter, type KeyWanted, revokeKey } from './key-commands.ts'
import { erase, link, type Memories, previewErasure } from './person-commands.ts'
import { shownKey } from './shown.ts'

export type ShownKey = ReturnType<typeof shownKey>
export type MadeKey = {
  readonly id: string
  readonly prefix: string
  readonly principal: string
  readonly secret: string
}
export type Erased = { readonly records: number; readonly quarantined: number; readonly keys: number }
export type Preview = Erased & { readonly names: readonly string[]; readonly waiting: number }

/** What commands of the terminal ask for, on the database or over HTTP. Parties and keys are named by id. */
export type Desk = {
  /** Undefined when nobody is called so. */
  party(kind: UuidKind, name: string): Promise<string | undefined>
  /** By id or name. @throws Refusal, as all that name a person by an id that is nobody's */
  person(text: string): Promise<string>
  createKey(wanted: KeyWanted): Promise<MadeKey>
  keys(): Promise<readonly ShownKey[]>
  revokeKey(id: string): Promise<void>
  link(person: string, name: { source: string; name: string }): Promise<boolean>
  previewErasure(person: string): Promise<Preview>
  erase(person: string): Promise<Erased>
}

/** On the database itself. */
export function localDesk(house: House, principal: string, memories: Memories): Desk {
  const reader = house.database.pool
  const call = () => ({ principal, key: randomUUID() })
  const uuid = (person: string) => uuidOf(parseId('person', person) as Id<'person'>)
  return {
    party: async (kind, name) => {
      const found = await partyNamed(reader, kind, name)
      return found === undefined ? undefined : idOf(kind, found)
    },
    person: async (text) => idOf('person', await orNobody(text, personNamed(reader, text))),
    createKey: async (wanted) => {
      const { operation: _, ...made } = await createKey(house, call(), wanted)
      return made
    },
    keys: async () => (await keysAfter(reader, 0n, 100_000)).map(shownKey),
    revokeKey: async (id) => {
      await revokeKey(house, call(), numberOf('key', id) as bigint)
    },
    link: async (person, name) => {
      const { answer } = await orNobody(person, link(house, call(), uuid(person), name))
      return (JSON.parse(answer) as { linked: boolean }).linked
    },
    previewErasure: (person) => orNobody(person, previewErasure(reader, uuid(person), memories)),
    erase: async (person) => {
      const { answer } = await orNobody(person, erase(house, call(), uuid(person), memories))
      const { records, quarantined, keys } = JSON.parse(answer) as Erased
      return { records, quarantined, keys }
    },
  }
}

async function orNobody<Answer>(text: string, asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    throw error instanceof Problem && error.type === 'not-found' ? noParty('person', text) : error
  }
}
