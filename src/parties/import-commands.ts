import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { alone } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { idOf } from '../values/id.ts'
import { accept, type Outcome } from '../values/outcome.ts'
import { keepFormer } from './former/sql.ts'
import { gather, memberKey, nameKey } from './gather.ts'
import { type Change, type ImportPlan, planImport, type Snapshot } from './import.ts'
import type { PartyKind } from './party.ts'
import type { SheetRefused, SheetRow } from './sheet.ts'
import * as sql from './sql.ts'
import { changingParties } from './watch-commands.ts'

/** What an import would do, and the state of the parties it was compared with. */
export type Preview = { readonly plan: ImportPlan; readonly revision: string }

/** Counts by kind, and for the audit what moves money from now on. No names: those can be personal. */
export type Imported = {
  readonly added: Readonly<Record<string, number>>
  readonly changed: Readonly<Record<string, number>>
  readonly unchanged: number
  readonly terms: readonly {
    readonly party: string
    readonly field: string
    readonly from: string
    readonly to: string
  }[]
}

export async function previewImport(
  reader: Reader,
  sheet: readonly SheetRow[],
): Promise<Outcome<Preview, SheetRefused>> {
  const gathered = gather(sheet)
  if (!gathered.ok) return gathered
  const revision = await sql.revision(reader)
  const plan = planImport(gathered.value, await load(reader))
  return plan.ok ? accept({ plan: plan.value, revision }) : plan
}

/**
 * Does what the preview showed, all of it or nothing.
 *
 * @throws Problem `parties-changed` when another import came between.
 */
export async function importParties(
  house: House,
  call: { readonly principal: string; readonly key: string },
  preview: Preview,
): Promise<Imported> {
  const { plan, revision } = preview
  const { changes: _, unchanged: __, ...input } = plan
  const asked = { ...call, command: 'parties.import', input: { ...input, revision } }
  return await changingParties(house, () =>
    alone(house, asked, async (writer) => {
      if ((await sql.lockRevision(writer)) !== revision) throw new Problem('parties-changed')

      const imported = await summaryOf(writer, plan)
      await save(writer, plan)
      await sql.raiseRevision(writer)
      return imported
    }),
  )
}

/** What a plan comes to, asked before it is done: parties that change are named by the ids that they have. */
export async function summaryOf(reader: Reader, plan: ImportPlan): Promise<Imported> {
  const organisations = new Map(
    (await sql.organisations(reader)).map(({ name, id }) => [name, idOf('organisation', id)]),
  )
  const projects = new Map((await sql.projects(reader)).map(({ name, id }) => [name, idOf('project', id)]))
  return summary(plan, (change) =>
    change.kind === 'organisation' ? organisations.get(change.name) : projects.get(change.name),
  )
}

const kinds: readonly PartyKind[] = ['project', 'person', 'provider']

/** In the order in which usage creates parties too, so that neither waits for the other in a circle. */
export async function save(writer: Writer, plan: ImportPlan): Promise<void> {
  const namesOf = (kind: PartyKind) => plan.names.filter((name) => name.kind === kind)
  for (const kind of kinds) await keepFormer(writer, kind, namesOf(kind))
  await sql.saveOrganisations(writer, plan.organisations)
  await sql.saveProjects(writer, plan.projects)
  await sql.saveNames(writer, 'project', namesOf('project'))
  await sql.savePeople(writer, plan.people)
  await sql.saveNames(writer, 'person', namesOf('person'))
  await sql.saveProviders(writer, plan.providers)
  await sql.saveNames(writer, 'provider', namesOf('provider'))
  await sql.saveMembers(writer, plan.members)
}

export async function load(reader: Reader): Promise<Snapshot> {
  const byName = <Row extends { name: string }>(found: readonly Row[]) => new Map(found.map((row) => [row.name, row]))
  return {
    organisations: byName(await sql.organisations(reader)),
    projects: byName(await sql.projects(reader)),
    people: byName(await sql.people(reader)),
    providers: byName(await sql.providers(reader)),
    names: new Map(
      (await sql.names(reader)).map(({ kind, source, name, party }) => [nameKey(kind, source, name), party]),
    ),
    members: new Set((await sql.members(reader)).map(({ project, person }) => memberKey(project, person))),
  }
}

function summary(plan: ImportPlan, idOfParty: (change: Change) => string | undefined): Imported {
  const count = (added: boolean) => {
    const counts: Record<string, number> = {}
    for (const change of plan.changes) {
      if (change.added === added) counts[change.kind] = (counts[change.kind] ?? 0) + 1
    }
    return counts
  }
  const terms = plan.changes.flatMap((change) => {
    if (change.added || (change.kind !== 'organisation' && change.kind !== 'project')) return []
    const party = idOfParty(change) ?? ''
    return change.fields
      .filter(({ field }) => field === 'tier' || field === 'payment')
      .map(({ field, from, to }) => ({ party, field, from, to }))
  })
  return { added: count(true), changed: count(false), unchanged: plan.unchanged, terms }
}

/** For `parties list`. */
export async function listParties(reader: Reader) {
  return {
    organisations: await sql.organisations(reader),
    projects: await sql.projects(reader),
    people: await sql.people(reader),
    providers: await sql.providers(reader),
    names: await sql.names(reader),
    members: await sql.members(reader),
  }
}
export type Listed = Awaited<ReturnType<typeof listParties>>
