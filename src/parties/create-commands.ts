import { Problem } from '../http/problem.ts'
import { type Answered, aloneStored, type Call } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { idOf } from '../values/id.ts'
import { sheetProblem } from './change-commands.ts'
import { gather } from './gather.ts'
import { load, save } from './import-commands.ts'
import { planImport } from './import.ts'
import { nameFault } from './party.ts'
import { partyByName } from './people/sql.ts'
import type { SheetRow } from './sheet.ts'
import * as sql from './sql.ts'
import { changingParties } from './watch-commands.ts'

export type Kind = 'organisation' | 'project' | 'person' | 'provider'

/**
 * Makes one party. The answer names its id alone, because answers are kept for ever and people are not.
 *
 * @throws Problem `name-taken` with the one that has the name, `request-invalid`
 */
export async function createParty(
  house: House,
  call: Omit<Call, 'command' | 'input' | 'status'>,
  kind: Kind,
  said: Omit<SheetRow, 'line' | 'names'>,
): Promise<Answered> {
  const name = said[kind] as string
  const fault = nameFault(name)
  if (fault !== undefined) throw new Problem('request-invalid', { issues: [{ field: 'body.name', message: fault }] })
  const written = await changingParties(house, () =>
    aloneStored(
      house,
      { ...call, command: 'parties.create', input: { kind, ...said }, status: 201 },
      async (writer) => {
        await sql.lockRevision(writer)
        const there = await partyByName(writer, kind, name)
        if (there) throw new Problem('name-taken', { id: idOf(kind, there.id) })
        const gathered = gather([{ ...said, line: 0, names: [] }])
        const plan = gathered.ok ? planImport(gathered.value, await load(writer)) : gathered
        if (!plan.ok)
          throw sheetProblem(plan.refusal, ({ column }) => `body.${column === kind ? 'name' : (column ?? '')}`)
        await save(writer, plan.value)
        await sql.raiseRevision(writer)
        const made = await partyByName(writer, kind, name)
        if (!made) throw new Error(`${kind} ${name} was made and is not there`)
        return { id: idOf(kind, made.id) }
      },
    ),
  )
  return written as Answered
}
