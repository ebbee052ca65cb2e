import type { Reader } from '../database/reader.ts'
import type { Principal } from '../http/principal.ts'
import { Problem } from '../http/problem.ts'
import { parseId, uuidOf } from '../values/id.ts'
import { namesMeaning, type ProjectItem, projectByName, projectsOf, projectsPage } from './listing/sql.ts'
import type { PartyKind } from './party.ts'
import { findParties } from './sql.ts'

export type { ProjectItem }

/** The UUIDs that a principal may look at, with the projects of its organisations and people; null: all there are. */
export async function scopeOf(reader: Reader, { parties }: Principal): Promise<readonly string[] | null> {
  if (parties === 'all') return null
  const projects = await projectsOf(reader, [...parties])
  return [...new Set([...parties, ...projects.map(({ id }) => id)])]
}

/** The project of that id or name. What the principal may not look at is not there. */
export async function requireProject(reader: Reader, principal: Principal, text: string): Promise<ProjectItem> {
  const id = parseId('project', text)
  const only = id ? uuidOf(id) : (await projectByName(reader, text))?.id
  const page = { scope: await scopeOf(reader, principal), after: undefined, limit: 1, organisation: null }
  const [found] = only === undefined ? [] : await projectsPage(reader, { ...page, only })
  if (!found) throw new Problem('not-found', { detail: `There is no project “${text}”.` })
  return found
}

/** What belongs to none of the parties that the principal may look at is not there. */
export async function requireOwner(reader: Reader, principal: Principal, owners: readonly (string | null)[]) {
  const scope = await scopeOf(reader, principal)
  if (scope !== null && !owners.some((owner) => owner !== null && scope.includes(owner))) throw new Problem('not-found')
}

/** The names by which a source means these parties, by their UUIDs; whom nobody knows is left out. */
export async function namesFor(
  reader: Reader,
  kind: PartyKind,
  source: string,
  parties: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (parties.length === 0) return new Map()
  return new Map((await namesMeaning(reader, kind, source, parties)).map(({ party, name }) => [party, name]))
}

/** Whom a source means by these names, by UUID; names that nobody has are left out. */
export async function partiesNamed(
  reader: Reader,
  kind: PartyKind,
  source: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return new Map((await findParties(reader, kind, source, names)).map(({ wanted, party }) => [wanted, party]))
}
