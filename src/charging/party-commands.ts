import type { Writer } from '../database/writer.ts'
import type { KnownFact } from '../metering/commands.ts'
import type { Fact } from '../metering/fact.ts'
import type { House } from '../operations/house.ts'
import { partiesOf, resolveNames } from '../parties/commands.ts'
import type { ProjectParty, ResolvedNames, WantedNames } from '../parties/party.ts'
import type { Memory } from './memory-commands.ts'
import type { Page, PageSettings } from './page.ts'
import type { UnknownFact } from './quarantine-commands.ts'

type Found = {
  readonly known: readonly KnownFact[]
  readonly unknown: readonly UnknownFact[]
  readonly payers: ReadonlyMap<string, ProjectParty>
}

/** A page with the names in it, by source. */
export type NamedPage = Page & { readonly wanted: readonly WantedNames[] }

/** The names that facts use, each once, by their source. */
export function namesIn(facts: readonly Fact[]): WantedNames[] {
  const bySource = new Map<string, { projects: Set<string>; people: Set<string>; providers: Set<string> }>()
  for (const fact of facts) {
    let names = bySource.get(fact.source)
    if (!names) bySource.set(fact.source, (names = { projects: new Set(), people: new Set(), providers: new Set() }))
    names.projects.add(fact.projectName)
    if (fact.personName !== null) names.people.add(fact.personName)
    names.providers.add(fact.providerName)
  }
  return [...bySource].map(([source, { projects, people, providers }]) => ({
    source,
    projects: [...projects],
    people: [...people],
    providers: [...providers],
  }))
}

/** Whom the names of a page mean, and the facts that name somebody unknown. */
export async function findParties(
  writer: Writer,
  page: NamedPage,
  settings: PageSettings,
  memory: Memory,
): Promise<Found> {
  const names = new Map<string, ResolvedNames>()
  for (const wanted of page.wanted) {
    names.set(wanted.source, await resolveNames(writer, wanted, settings.unknown, memory.parties))
  }
  const known: KnownFact[] = []
  const unknown: UnknownFact[] = []
  const payers = new Map<string, ProjectParty>()
  for (const fact of page.facts) {
    const { projects, people, providers } = names.get(fact.source) as ResolvedNames
    const project = projects.get(fact.projectName)
    const person = fact.personName === null ? null : people.get(fact.personName)
    const provider = providers.get(fact.providerName)
    if (project === undefined || person === undefined || provider === undefined) {
      unknown.push({ fact, reason: whoIsMissing(fact, { project, person, provider }) })
      continue
    }
    payers.set(project.project, project)
    known.push({ fact, project: project.project, person, provider })
  }
  return { known, unknown, payers }
}

function whoIsMissing(
  fact: Fact,
  found: { project: ProjectParty | undefined; person: string | null | undefined; provider: string | undefined },
): string {
  const missing = !found.project
    ? `project "${fact.projectName}"`
    : found.person === undefined
      ? `person "${fact.personName}"`
      : `provider "${fact.providerName}"`
  return `there is no ${missing}: import it with bursar parties import, then replay`
}

/** The project of that name or id; undefined when there is none. */
export async function findProject(house: House, nameOrUuid: string): Promise<ProjectParty | undefined> {
  const parties = [...(await partiesOf(house.database.pool)).values()]
  return parties.find((party) => party.name === nameOrUuid || party.project === nameOrUuid)
}
