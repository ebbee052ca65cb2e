import { type Reader, row, rows, rowsLater } from '../database/reader.ts'
import { execute, type Writer } from '../database/writer.ts'
import type { Origin, PartyKind, Payment, ProjectParty } from './party.ts'

export type FoundProject = ProjectParty & { readonly wanted: string }

/**
 * A name of the source itself goes before one that holds for any source. No join with the names wanted: while those
 * of the table are many, new, and not counted yet, the planner would compare each with all.
 */
const meant = `select distinct on (n.name) n.name, n.party
                 from parties.names n
                where n.kind = $1 and n.source in ($2, '*') and n.name = any ($3::text[])
                order by n.name, n.source = '*'`

export const findProjects = (reader: Reader, source: string, names: readonly string[]) =>
  rows<FoundProject>(
    reader,
    `select meant.name as wanted, p.id as project, p.name, o.id as organisation, o.name as "organisationName",
            o.tier, p.payment
       from (${meant}) as meant
       join parties.projects p on p.id = meant.party
       join parties.organisations o on o.id = p.organisation`,
    ['project', source, names],
  )

export const findParties = (reader: Reader, kind: PartyKind, source: string, names: readonly string[]) =>
  rows<{ wanted: string; party: string }>(reader, `select meant.name as wanted, meant.party from (${meant}) as meant`, [
    kind,
    source,
    names,
  ])

export const allProjects = (reader: Reader) =>
  rows<ProjectParty>(
    reader,
    `select id as project, name, organisation, organisation_name as "organisationName", tier, payment
       from parties.known_projects`,
  )

export const projectById = (reader: Reader, project: string) =>
  row<ProjectParty>(
    reader,
    `select id as project, name, organisation, organisation_name as "organisationName", tier, payment
       from parties.known_projects
      where id = $1`,
    [project],
    'parties.project_by_id',
  )

export const organisationsOf = (reader: Reader, projects: readonly string[]) =>
  rows<{ project: string; organisation: string }>(
    reader,
    `select id as project, organisation from parties.projects where id = any ($1::uuid[])`,
    [projects],
  )

export const organisationById = (reader: Reader, organisation: string) =>
  row<{ name: string; tier: string }>(reader, `select name, tier from parties.organisations where id = $1`, [
    organisation,
  ])

export const revision = async (reader: Reader): Promise<string> =>
  (await row<{ number: string }>(reader, `select number::text from parties.revision`))?.number ?? '0'

/** The same, put off: it goes out with the next statement of a batch. */
export async function revisionLater(reader: Reader): Promise<string> {
  const text = `select number::text from parties.revision`
  const [found] = await rowsLater<{ number: string }>(reader, text, [], 'parties.revision')
  return found?.number ?? '0'
}

/**
 * Met in usage. Two processes may meet the same name at once: the second waits for the first and then adds
 * nothing. Names come sorted, so that neither waits for the other.
 */
export async function createFromUsage(writer: Writer, kind: PartyKind, names: readonly string[]): Promise<void> {
  if (kind === 'project') {
    await execute(
      writer,
      `insert into parties.projects (id, organisation, name, payment, origin)
       select gen_random_uuid(), o.id, wanted.name, 'postpaid', 'usage'
         from unnest($1::text[]) with ordinality as wanted (name, n)
         join parties.organisations o on o.name = 'unassigned'
        order by wanted.n
           on conflict (name) do nothing`,
      [names],
    )
  } else {
    await execute(
      writer,
      `insert into ${kind === 'person' ? 'parties.people' : 'parties.providers'} (id, name, origin)
       select gen_random_uuid(), wanted.name, 'usage'
         from unnest($1::text[]) with ordinality as wanted (name, n)
        order by wanted.n
           on conflict (name) do nothing`,
      [names],
    )
  }
}

/** A statement of its own, because the one that inserts cannot see what another process inserted meanwhile. */
export const nameAfterItself = (writer: Writer, kind: PartyKind, names: readonly string[]) =>
  execute(
    writer,
    `insert into parties.names (kind, source, name, party)
     select $1, '*', party.name, party.id
       from ${tableOf[kind]} as party
      where party.name = any ($2::text[])
      order by party.name
         on conflict do nothing`,
    [kind, names],
  )

const tableOf = { project: 'parties.projects', person: 'parties.people', provider: 'parties.providers' } as const

export const createUnassigned = (writer: Writer, name: string, tier: string) =>
  execute(
    writer,
    `insert into parties.organisations (id, name, tier, origin)
     values (gen_random_uuid(), $1, $2, 'usage')
         on conflict (name) do nothing`,
    [name, tier],
  )

// What follows serves the import.

/** Whoever imports holds this row, so that imports run one after the other. */
export const lockRevision = async (writer: Writer): Promise<string> =>
  (await row<{ number: string }>(writer, `select number::text from parties.revision for update`))?.number ?? '0'

export const raiseRevision = (writer: Writer) => execute(writer, `update parties.revision set number = number + 1`)

export type OrganisationRow = { id: string; name: string; tier: string; origin: Origin }
export type ProjectRow = {
  id: string
  name: string
  organisation: string
  payment: Payment
  origin: Origin
  members: number
}
export type PersonRow = { id: string; name: string; email: string | null; origin: Origin }
export type ProviderRow = { id: string; name: string; origin: Origin }
export type NameRow = { kind: PartyKind; source: string; name: string; party: string }
export type MemberRow = { project: string; person: string }

export const organisations = (reader: Reader) =>
  rows<OrganisationRow>(reader, `select id, name, tier, origin from parties.organisations order by name, id`)

export const projects = (reader: Reader) =>
  rows<ProjectRow>(
    reader,
    `select p.id, p.name, o.name as organisation, p.payment, p.origin, coalesce(m.members, 0)::integer as members
       from parties.projects p
       join parties.organisations o on o.id = p.organisation
       left join (select project, count(*) as members from parties.members group by project) m on m.project = p.id
      order by o.name, p.name, p.id`,
  )

export const people = (reader: Reader) =>
  rows<PersonRow>(reader, `select id, name, email, origin from parties.people where name is not null order by name`)

export const providers = (reader: Reader) =>
  rows<ProviderRow>(reader, `select id, name, origin from parties.providers order by name`)

/** With the party by its name, as a file writes it. */
export const names = (reader: Reader) =>
  rows<NameRow>(
    reader,
    `select n.kind, n.source, n.name, coalesce(p.name, h.name, v.name) as party
       from parties.names n
       left join parties.projects p on n.kind = 'project' and p.id = n.party
       left join parties.people h on n.kind = 'person' and h.id = n.party
       left join parties.providers v on n.kind = 'provider' and v.id = n.party
      where coalesce(p.name, h.name, v.name) is not null
      order by n.kind, n.source, n.name`,
  )

export const members = (reader: Reader) =>
  rows<MemberRow>(
    reader,
    `select p.name as project, h.name as person
       from parties.members m
       join parties.projects p on p.id = m.project
       join parties.people h on h.id = m.person
      where h.name is not null
      order by p.name, h.name`,
  )

export const saveOrganisations = (writer: Writer, wanted: readonly { name: string; tier: string }[]) =>
  execute(
    writer,
    `insert into parties.organisations (id, name, tier, origin)
     select gen_random_uuid(), name, tier, 'import'
       from unnest($1::text[], $2::text[]) as wanted (name, tier)
      order by name
         on conflict (name) do update set tier = excluded.tier, origin = 'import'`,
    [wanted.map((row) => row.name), wanted.map((row) => row.tier)],
  )

export const saveProjects = (
  writer: Writer,
  wanted: readonly { name: string; organisation: string; payment: Payment }[],
) =>
  execute(
    writer,
    `insert into parties.projects (id, organisation, name, payment, origin)
     select gen_random_uuid(), o.id, wanted.name, wanted.payment, 'import'
       from unnest($1::text[], $2::text[], $3::text[]) as wanted (name, organisation, payment)
       join parties.organisations o on o.name = wanted.organisation
      order by wanted.name
         on conflict (name) do update
        set organisation = excluded.organisation, payment = excluded.payment, origin = 'import'`,
    [wanted.map((row) => row.name), wanted.map((row) => row.organisation), wanted.map((row) => row.payment)],
  )

export const savePeople = (writer: Writer, wanted: readonly { name: string; email: string | null }[]) =>
  execute(
    writer,
    `insert into parties.people (id, name, email, origin)
     select gen_random_uuid(), name, email, 'import'
       from unnest($1::text[], $2::text[]) as wanted (name, email)
      order by name
         on conflict (name) do update set email = excluded.email, origin = 'import'`,
    [wanted.map((row) => row.name), wanted.map((row) => row.email)],
  )

export const saveProviders = (writer: Writer, wanted: readonly { name: string }[]) =>
  execute(
    writer,
    `insert into parties.providers (id, name, origin)
     select gen_random_uuid(), name, 'import' from unnest($1::text[]) as wanted (name) order by name
         on conflict (name) do update set origin = 'import'`,
    [wanted.map((row) => row.name)],
  )

export const saveNames = (
  writer: Writer,
  kind: PartyKind,
  wanted: readonly { source: string; name: string; party: string }[],
) =>
  execute(
    writer,
    `insert into parties.names (kind, source, name, party)
     select $1, wanted.source, wanted.name, party.id
       from unnest($2::text[], $3::text[], $4::text[]) as wanted (source, name, party)
       join ${tableOf[kind]} as party on party.name = wanted.party
      order by wanted.source, wanted.name
         on conflict (kind, source, name) do update set party = excluded.party`,
    [kind, wanted.map((row) => row.source), wanted.map((row) => row.name), wanted.map((row) => row.party)],
  )

export const saveMembers = (writer: Writer, wanted: readonly MemberRow[]) =>
  execute(
    writer,
    `insert into parties.members (project, person)
     select p.id, h.id
       from unnest($1::text[], $2::text[]) as wanted (project, person)
       join parties.projects p on p.name = wanted.project
       join parties.people h on h.name = wanted.person
      order by p.id, h.id
         on conflict do nothing`,
    [wanted.map((row) => row.project), wanted.map((row) => row.person)],
  )

/** The name of a person; null once it has been erased. */
export const personName = (reader: Reader, person: string) =>
  row<{ name: string | null }>(reader, `select name from parties.people where id = $1`, [person])
