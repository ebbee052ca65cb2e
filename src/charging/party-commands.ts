import type { Writer } from '../database/writer.ts'
import type { KnownFact } from '../metering/commands.ts'
import { type Fact, plainFact } from '../metering/fact.ts'
import type { House } from '../operations/house.ts'
import { partiesOf, resolveNames } from '../parties/commands.ts'
import { KnownParties, type Remembered } from '../parties/memory.ts'
import type { ProjectParty, ResolvedNames, WantedNames } from '../parties/party.ts'
import type { Memory } from './memory-commands.ts'
import type { Page, PageSettings } from './page.ts'
import type { UnknownFact } from './quarantine-commands.ts'

type Found = {
  readonly known: readonly KnownFact[]
  readonly unknown: readonly UnknownFact[]
  readonly payers: Map<string, ProjectParty>
}

/** A page with the names in it, by source. */
export type NamedPage = Page & { readonly wanted: readonly WantedNames[] }

/** The names that facts use and that were not met lately, each once, by their source. */
export function namesIn(facts: readonly Fact[], met: Memory['parties']): WantedNames[] {
  const bySource = new Map<string, ReturnType<typeof namesOf>>()
  for (const fact of facts) {
    const { source, personName } = fact
    let names = bySource.get(source)
    if (!names) bySource.set(source, (names = namesOf(met.lately(source))))
    const { known } = names
    if (!known || projectOf(fact, known) === undefined) names.projects.add(fact.projectName)
    if (personName !== null && (!known || personOf(fact, known) === undefined)) names.people.add(personName)
    if (!known || providerOf(fact, known) === undefined) names.providers.add(fact.providerName)
  }
  return [...bySource].map(([source, { projects, people, providers }]) => ({
    source,
    projects: [...projects],
    people: [...people],
    providers: [...providers],
  }))
}

const namesOf = (known: Remembered | undefined) => ({
  known,
  projects: new Set<string>(),
  people: new Set<string>(),
  providers: new Set<string>(),
})

const projectOf = ({ numbered, projectName }: Fact, { projects }: ResolvedNames) =>
  numbered ? projects.ofWord(numbered.words, numbered.projectWord) : projects.get(projectName)

const providerOf = ({ numbered, providerName }: Fact, { providers }: ResolvedNames) =>
  numbered ? providers.ofWord(numbered.words, numbered.providerWord) : providers.get(providerName)

/** Null when it names nobody, undefined when nobody knows whom. */
function personOf({ numbered, personName }: Fact, { people }: ResolvedNames): string | null | undefined {
  if (personName === null) return null
  return numbered ? people.ofWord(numbered.words, numbered.personWord) : people.get(personName)
}

/** Whom the names of a page mean, and the facts that name somebody unknown. */
export async function findParties(
  writer: Writer,
  page: NamedPage,
  settings: PageSettings,
  memory: Memory,
): Promise<Found> {
  const known: KnownFact[] = []
  const payers = new Map<string, ProjectParty>()
  const found = { known, payers }
  const missing = sortOut(found, page.facts, await resolved(writer, page.wanted, settings, memory))
  if (missing.length === 0) return { ...found, unknown: [] }
  // What was met lately is forgotten after an import, also in the middle of a run: then all are asked for.
  const facts = missing.map(({ fact }) => fact)
  const wanted = namesIn(facts, new KnownParties())
  return { ...found, unknown: sortOut(found, facts, await resolved(writer, wanted, settings, memory)) }
}

type Names = ReadonlyMap<string, ResolvedNames>

async function resolved(writer: Writer, wanted: readonly WantedNames[], settings: PageSettings, memory: Memory) {
  const names = new Map<string, ResolvedNames>()
  for (const each of wanted) {
    names.set(each.source, await resolveNames(writer, each, settings.unknown, memory.parties))
  }
  return names
}

/** Adds the facts that name known parties only; answers the others. */
function sortOut(
  found: { readonly known: KnownFact[]; readonly payers: Map<string, ProjectParty> },
  facts: readonly Fact[],
  names: Names,
): UnknownFact[] {
  const unknown: UnknownFact[] = []
  for (const fact of facts) {
    const known = names.get(fact.source) as ResolvedNames
    const project = projectOf(fact, known)
    const person = personOf(fact, known)
    const provider = providerOf(fact, known)
    if (project === undefined || person === undefined || provider === undefined) {
      unknown.push({ fact: plainFact(fact), reason: whoIsMissing(fact, { project, person, provider }) })
      continue
    }
    found.payers.set(project.project, project)
    found.known.push({ fact, project: project.project, person, provider })
  }
  return unknown
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
