import { type Reader, row, rows } from '../database/reader.ts'
import { execute, type Writer } from '../database/writer.ts'
import type { PartyKind, ProjectParty } from './party.ts'

export type FoundProject = ProjectParty & { readonly wanted: string }

/** A name of the source itself goes before one that holds for any source. */
export const findProjects = (reader: Reader, source: string, names: readonly string[]) =>
  rows<FoundProject>(
    reader,
    `select wanted.name as wanted, p.id as project, p.name, o.id as organisation, o.name as "organisationName",
            o.tier, p.payment
       from unnest($2::text[]) as wanted (name)
       left join parties.names own on own.kind = 'project' and own.source = $1 and own.name = wanted.name
       left join parties.names every on every.kind = 'project' and every.source = '*' and every.name = wanted.name
       join parties.projects p on p.id = coalesce(own.party, every.party)
       join parties.organisations o on o.id = p.organisation`,
    [source, names],
  )

export const findParties = (reader: Reader, kind: PartyKind, source: string, names: readonly string[]) =>
  rows<{ wanted: string; party: string }>(
    reader,
    `select wanted.name as wanted, coalesce(own.party, every.party) as party
       from unnest($3::text[]) as wanted (name)
       left join parties.names own on own.kind = $1 and own.source = $2 and own.name = wanted.name
       left join parties.names every on every.kind = $1 and every.source = '*' and every.name = wanted.name
      where coalesce(own.party, every.party) is not null`,
    [kind, source, names],
  )

export const allProjects = (reader: Reader) =>
  rows<ProjectParty>(
    reader,
    `select id as project, name, organisation, organisation_name as "organisationName", tier, payment
       from parties.known_projects`,
  )

export const revision = async (reader: Reader): Promise<string> =>
  (await row<{ number: string }>(reader, `select number::text from parties.revision`))?.number ?? '0'

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
