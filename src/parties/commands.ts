import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import * as former from './former/sql.ts'
import { KnownParties } from './memory.ts'
import {
  nameFault,
  type PartyKind,
  type ProjectParty,
  type ResolvedNames,
  type UnknownParties,
  unassigned,
  type WantedNames,
} from './party.ts'
import { Meanings } from '../values/words.ts'
import * as sql from './sql.ts'

/** All projects with who pays for them, by UUID: one moment's picture for a report. */
export async function partiesOf(reader: Reader): Promise<ReadonlyMap<string, ProjectParty>> {
  return new Map((await sql.allProjects(reader)).map((party) => [party.project, party]))
}

/** One project with who pays for it. */
export const projectById = (reader: Reader, project: string): Promise<ProjectParty | undefined> =>
  sql.projectById(reader, project)

/** The organisation of each project, by UUID. */
export async function organisationsOf(
  reader: Reader,
  projects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  return new Map((await sql.organisationsOf(reader, projects)).map((row) => [row.project, row.organisation]))
}

export const organisationById = (reader: Reader, organisation: string) => sql.organisationById(reader, organisation)

/**
 * Finds whom a source means by its names, one statement for each kind. Unknown names are created, marked as
 * from usage, or left out of the answer; a text that cannot be a name (`nameFault`) is always left out.
 *
 * Give the same `known` to many calls, and names met before cost no statement at all.
 */
export async function resolveNames(
  writer: Writer,
  wanted: WantedNames,
  unknown: UnknownParties,
  known: KnownParties = new KnownParties(),
): Promise<ResolvedNames> {
  const remembered = known.asOf(await sql.revision(writer), wanted.source)
  const { source } = wanted
  const call = { writer, unknown }
  const projects: Finder<ProjectParty> = async (names) =>
    (await sql.findProjects(writer, source, names)).map(({ wanted: name, ...party }) => [name, party])
  const others =
    (kind: PartyKind): Finder<string> =>
    async (names) =>
      (await sql.findParties(writer, kind, source, names)).map(({ wanted: name, party }) => [name, party])
  return {
    projects: await resolve(call, 'project', wanted.projects, remembered.projects, projects),
    people: await resolve(call, 'person', wanted.people, remembered.people, others('person')),
    providers: await resolve(call, 'provider', wanted.providers, remembered.providers, others('provider')),
  }
}

/**
 * Creates whom nobody knows yet in a short operation of its own, so that long ones do not wait for each other's
 * names. Costs nothing when `known` knows them all.
 */
export async function meetNames(house: House, principal: string, wanted: WantedNames, known: KnownParties) {
  if (known.knowsAll(wanted)) return
  // What is digested is sealed: an erasure would leave something there to try names of people against.
  const input = { ...wanted, people: wanted.people.length }
  const call = { principal, key: randomUUID(), command: 'parties.meetNames', input }
  await alone(house, call, async (writer) => {
    await resolveNames(writer, wanted, 'create', known)
    return creators.has(writer) ? {} : nothing
  })
}

type Finder<Party> = (names: readonly string[]) => Promise<(readonly [name: string, party: Party])[]>

/** Writers that created somebody: what they see from then on may be rolled back, and is not remembered. */
const creators = new WeakSet<Writer>()

async function resolve<Party>(
  call: { readonly writer: Writer; readonly unknown: UnknownParties },
  kind: PartyKind,
  names: readonly string[],
  remembered: Meanings<Party>,
  find: Finder<Party>,
): Promise<Meanings<Party>> {
  const { writer } = call
  const asked = new Set(names.filter((name) => !remembered.has(name) && nameFault(name) === undefined))
  if (asked.size === 0) return remembered
  // What this transaction creates must not be remembered: from then on its names go into a set of its own.
  const known = creators.has(writer) ? new Meanings(remembered) : remembered
  for (const [name, party] of await find([...asked])) known.set(name, party)
  const missing = [...asked].filter((name) => !known.has(name)).sort()
  if (missing.length === 0 || call.unknown === 'quarantine') return known

  creators.add(writer)
  const found = new Meanings(known)
  if (kind === 'project') await sql.createUnassigned(writer, unassigned.name, unassigned.tier)
  await sql.createFromUsage(writer, kind, missing)
  await sql.nameAfterItself(writer, kind, missing)
  for (const [name, party] of await find(missing)) found.set(name, party)
  assert(
    missing.every((name) => found.has(name)),
    `a ${kind} that was just created is not found`,
  )
  return found
}

/** Answers whether a name of this source means a party, or ever meant it. */
export async function everMeant(
  reader: Reader,
  kind: PartyKind,
  source: string,
  names: readonly string[],
): Promise<(name: string, party: string) => boolean> {
  const found = await former.everMeant(reader, kind, source, names)
  const pairs = new Set(found.map(({ name, party }) => `${party} ${name}`))
  return (name, party) => pairs.has(`${party} ${name}`)
}

/** What a person is called; undefined when nobody knows any more. */
export async function nameOfPerson(reader: Reader, person: string): Promise<string | undefined> {
  return (await sql.personName(reader, person))?.name ?? undefined
}

/** Counts changes of the parties: while it stays, so do names and tiers. */
export { revision as partiesRevision, revisionLater as partiesRevisionLater } from './sql.ts'
