import { randomUUID } from 'node:crypto'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { idOf } from '../values/id.ts'
import * as given from './given/sql.ts'
import { nameFault, unassigned } from './party.ts'
import * as sql from './sql.ts'
import { changingParties } from './watch-commands.ts'

export type GivenParty =
  | { readonly kind: 'organisation'; readonly id: string; readonly name: string }
  | { readonly kind: 'project'; readonly id: string; readonly name: string; readonly organisation: string }

/**
 * Makes sure that there is a party under the id that another system gave it; one that is there is taken as it is. Names
 * are unique here and need not be there, so a name that is taken gets a part of the id. Answers why it cannot be, as a
 * phrase.
 */
export async function bringParty(house: House, principal: string, party: GivenParty): Promise<string | undefined> {
  const { kind, id } = party
  const owner = kind === 'project' ? party.organisation : null
  let fault: string | undefined
  await changingParties(house, () =>
    alone(
      house,
      { principal, key: randomUUID(), command: 'parties.bring', input: { kind, id, owner } },
      async (writer) => {
        await sql.lockRevision(writer)
        const there = await given.partyById(writer, id)
        fault =
          there &&
          (there.kind !== kind
            ? `is the id of a ${there.kind}`
            : there.organisation === owner
              ? undefined
              : 'is the id of a project of another organisation')
        if (there) return nothing
        for (const name of namesFor(party)) {
          const made =
            party.kind === 'organisation'
              ? await given.insertOrganisation(writer, id, name, unassigned.tier)
              : await given.insertProject(writer, id, party.organisation, name, 'prepaid')
          if (made === 0) continue
          if (kind === 'project') await sql.nameAfterItself(writer, kind, [name])
          await sql.raiseRevision(writer)
          return { id: idOf(kind, id) }
        }
        throw new Error(`no name is free for the ${kind} ${id}`)
      },
    ),
  )
  return fault
}

/** The name itself, then with more and more of the id. */
function namesFor({ kind, id, name }: GivenParty): string[] {
  const short = name.trim().slice(0, 180).trim().replaceAll('\0', '').toWellFormed() || kind
  return [name, `${short} (${id.slice(0, 8)})`, `${kind} ${id}`].filter((each) => nameFault(each) === undefined)
}
