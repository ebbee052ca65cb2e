import { etagOf, requireMatch } from '../http/etag.ts'
import { Problem } from '../http/problem.ts'
import { type Answered, aloneStored, type Call } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { gather } from './gather.ts'
import { load, save, summaryOf } from './import-commands.ts'
import { type ImportPlan, planImport } from './import.ts'
import type { ColumnName, Fault, SheetRefused, SheetRow } from './sheet.ts'
import * as sql from './sql.ts'
import { changingParties } from './watch-commands.ts'

type Caller = Omit<Call, 'command' | 'input' | 'status'>

/** Each fault with the field of the request that it is about. */
export function sheetProblem({ faults }: SheetRefused, fieldOf: (fault: Fault) => string): Problem {
  const issues = faults.slice(0, 20).map((fault) => ({ field: fieldOf(fault), message: fault.message }))
  return new Problem('request-invalid', { issues })
}

/** Does what a sheet says as one operation, all of it or nothing; under its key it does so once. */
export async function importSheet(
  house: House,
  call: Caller,
  sheet: readonly SheetRow[],
  fieldOf: (fault: Fault) => string,
): Promise<Answered> {
  const written = await changingParties(house, () =>
    aloneStored(house, { ...call, command: 'parties.importSheet', input: sheet }, async (writer) => {
      await sql.lockRevision(writer)
      const gathered = gather(sheet)
      const plan = gathered.ok ? planImport(gathered.value, await load(writer)) : gathered
      if (!plan.ok) throw sheetProblem(plan.refusal, fieldOf)
      const imported = await summaryOf(writer, plan.value)
      if (hasChanges(plan.value)) {
        await save(writer, plan.value)
        await sql.raiseRevision(writer)
      }
      return imported
    }),
  )
  return written as Answered
}

const hasChanges = ({ changes, names }: ImportPlan): boolean => changes.length + names.length > 0

/** A party as it stands, with the columns that say the same in a sheet. */
export type Present = { readonly id: string; readonly state: object; readonly row: Partial<Record<ColumnName, string>> }

/**
 * Changes one party. `ifMatch` is the tag of the state that the caller looked at. The answer names no values of a person:
 * it is kept for ever.
 */
export async function changeParty(
  house: House,
  call: Caller,
  input: { readonly id: string; readonly change: object; readonly ifMatch: string | undefined },
  present: (reader: Parameters<typeof sql.organisations>[0]) => Promise<Present | undefined>,
  rowOf: (present: Present) => SheetRow,
): Promise<Answered> {
  const { id, change, ifMatch } = input
  const written = await changingParties(house, () =>
    aloneStored(house, { ...call, command: 'parties.change', input: { id, change } }, async (writer) => {
      await sql.lockRevision(writer)
      const now = await present(writer)
      if (!now) throw new Problem('not-found')
      requireMatch(ifMatch, etagOf(now.state))
      const gathered = gather([rowOf(now)])
      const plan = gathered.ok ? planImport(gathered.value, await load(writer)) : gathered
      if (!plan.ok) throw sheetProblem(plan.refusal, ({ column }) => `body.${column ?? ''}`)
      if (hasChanges(plan.value)) {
        await save(writer, plan.value)
        await sql.raiseRevision(writer)
      }
      const changed = plan.value.changes.flatMap(({ kind, fields }) => (kind === 'name' ? [] : fields))
      return {
        id,
        changed: changed.map(({ field, from, to }) => (field === 'email' ? { field } : { field, from, to })),
      }
    }),
  )
  return written as Answered
}
