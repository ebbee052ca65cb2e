import type { PartyKind } from './party.ts'
import { columns, guarded } from './sheet.ts'

/** What is known, in the shape that `listParties` gives it. */
export type KnownSheet = {
  readonly organisations: readonly { readonly name: string; readonly tier: string }[]
  readonly projects: readonly { readonly name: string; readonly organisation: string; readonly payment: string }[]
  readonly people: readonly { readonly name: string; readonly email: string | null }[]
  readonly providers: readonly { readonly name: string }[]
  readonly names: readonly { kind: PartyKind; source: string; name: string; party: string }[]
  readonly members: readonly { readonly project: string; readonly person: string }[]
}

/** The file that an import of would change nothing but confirm what came from usage: to be edited and imported. */
export function sheetText(known: KnownSheet): string {
  const names = new Map<string, string[]>()
  for (const { kind, source, name, party } of known.names) {
    if (source === '*' && name === party) continue
    const key = `${kind}\0${party}`
    names.set(key, [...(names.get(key) ?? []), `${source}=${name}`])
  }
  const namesOf = (kind: PartyKind, party: string) => names.get(`${kind}\0${party}`)?.join('|') ?? ''
  const people = new Map(known.people.map((person) => [person.name, person.email ?? '']))
  const organisationOf = new Map(known.projects.map((project) => [project.name, project.organisation]))
  const members = new Set(known.members.map(({ person }) => person))

  const lines: Partial<Record<(typeof columns)[number], string>>[] = [
    ...known.organisations.map(({ name, tier }) => ({ organisation: name, tier })),
    ...known.projects.map(({ name, organisation, payment }) => ({
      organisation,
      project: name,
      payment,
      project_names: namesOf('project', name),
    })),
    ...known.members.map(({ project, person }) => ({
      organisation: organisationOf.get(project) ?? '',
      project,
      person,
      email: people.get(person) ?? '',
      person_names: namesOf('person', person),
    })),
    ...known.people
      .filter(({ name }) => !members.has(name))
      .map(({ name, email }) => ({ person: name, email: email ?? '', person_names: namesOf('person', name) })),
    ...known.providers.map(({ name }) => ({ provider: name, provider_names: namesOf('provider', name) })),
  ]
  return [columns, ...lines.map((line) => columns.map((column) => line[column] ?? ''))]
    .map((cells) => `${cells.map((cell) => quoted(guarded(cell))).join(',')}\r\n`)
    .join('')
}

const quoted = (cell: string): string => (/[",\r\n;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
