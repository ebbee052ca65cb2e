import { type Id, idOf, parseId, type UuidKind, uuidOf } from '../values/id.ts'
import type { Listed } from './import-commands.ts'
import type { PartyKind } from './party.ts'

export type PartiesDocument = ReturnType<typeof asDocument>

/** All parties as programs read them. */
export function asDocument({ organisations, projects, people, providers, names, members }: Listed) {
  const namesOf = Map.groupBy(names, ({ kind, party }) => `${kind}\0${party}`)
  const named = (kind: string, party: string) =>
    (namesOf.get(`${kind}\0${party}`) ?? []).map(({ source, name }) => ({ source, name }))
  const projectsOf = Map.groupBy(projects, (project) => project.organisation)
  const membersOf = Map.groupBy(members, ({ project }) => project)
  return {
    organisations: organisations.map(({ id, name, tier, origin }) => ({
      id: idOf('organisation', id),
      name,
      tier,
      origin,
      projects: (projectsOf.get(name) ?? []).map((project) => ({
        id: idOf('project', project.id),
        name: project.name,
        payment: project.payment,
        origin: project.origin,
        names: named('project', project.name),
        members: (membersOf.get(project.name) ?? []).map(({ person }) => person),
      })),
    })),
    people: people.map(({ id, name, email, origin }) => {
      return { id: idOf('person', id), name, email, origin, names: named('person', name) }
    }),
    providers: providers.map(({ id, name, origin }) => {
      return { id: idOf('provider', id), name, origin, names: named('provider', name) }
    }),
  }
}

type Named = { readonly name: string; readonly names: readonly { readonly source: string; readonly name: string }[] }

/** The same back again. */
export function listedIn({ organisations, people, providers }: PartiesDocument): Listed {
  const projects = organisations.flatMap((organisation) =>
    organisation.projects.map((project) => ({ ...project, organisation: organisation.name })),
  )
  const uuid = (kind: UuidKind, id: string) => uuidOf(parseId(kind, id) as Id<UuidKind>)
  const namesOf = (kind: PartyKind, all: readonly Named[]) =>
    all.flatMap(({ name: party, names }) => names.map(({ source, name }) => ({ kind, source, name, party })))
  return {
    organisations: organisations.map(({ id, name, tier, origin }) => ({
      id: uuid('organisation', id),
      name,
      tier,
      origin,
    })),
    projects: projects.map(({ id, name, organisation, payment, origin, members }) => ({
      id: uuid('project', id),
      name,
      organisation,
      payment,
      origin,
      members: members.length,
    })),
    people: people.map(({ id, name, email, origin }) => ({ id: uuid('person', id), name, email, origin })),
    providers: providers.map(({ id, name, origin }) => ({ id: uuid('provider', id), name, origin })),
    names: [...namesOf('project', projects), ...namesOf('person', people), ...namesOf('provider', providers)],
    members: projects.flatMap(({ name: project, members }) => members.map((person) => ({ project, person }))),
  }
}
