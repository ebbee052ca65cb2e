import { type Reader, row, rows } from '../../database/reader.ts'
import { execute, type Writer } from '../../database/writer.ts'

/** Of organisations their projects, of people the projects that they are members of, and all of these themselves. */
export const reachOf = (reader: Reader, parties: readonly string[]) =>
  rows<{ party: string }>(
    reader,
    `select unnest($1::uuid[]) as party
      union select id from parties.projects where organisation = any ($1::uuid[])
      union select project from parties.members where person = any ($1::uuid[])`,
    [parties],
    'parties.reach',
  )

/** Those of these that are there: organisations, projects, providers, and people who were not erased. */
export const knownAmong = (reader: Reader, parties: readonly string[]) =>
  rows<{ party: string }>(
    reader,
    `select id as party from parties.organisations where id = any ($1::uuid[])
      union select id from parties.projects where id = any ($1::uuid[])
      union select id from parties.people where id = any ($1::uuid[]) and name is not null
      union select id from parties.providers where id = any ($1::uuid[])`,
    [parties],
  )

/**
 * By the name that this source itself uses: one that holds for any source proves nothing about who signs in. The first of
 * these names that means somebody; who was erased is found by the mark of a name.
 */
export const personOf = (reader: Reader, source: string, names: readonly string[]) =>
  row<{ id: string; erased: boolean }>(
    reader,
    `select p.id, p.name is null as erased
       from parties.names n
       join parties.people p on p.id = n.party
      where n.kind = 'person' and n.source = $1 and n.name = any ($2::text[])
      order by array_position($2::text[], n.name)
      limit 1`,
    [source, names],
    'parties.person_of',
  )

/** By which names issuers of tokens know a person. */
export const loginsOf = (reader: Reader, person: string) =>
  rows<{ source: string; name: string }>(
    reader,
    `select source, name from parties.names where kind = 'person' and party = $1 and source like 'jwt:%' order by source, name`,
    [person],
  )

export const personById = (reader: Reader, id: string) =>
  row<{ id: string; name: string | null; email: string | null }>(
    reader,
    `select id, name, email from parties.people where id = $1`,
    [id],
  )

const tableOf = {
  organisation: 'parties.organisations',
  project: 'parties.projects',
  person: 'parties.people',
  provider: 'parties.providers',
} as const

export const partyByName = (reader: Reader, kind: keyof typeof tableOf, name: string) =>
  row<{ id: string }>(reader, `select id from ${tableOf[kind]} where name = $1`, [name])

/** Everything that tells who it is. */
export const textsOfPerson = (reader: Reader, person: string) =>
  rows<{ text: string }>(
    reader,
    `select name as text from parties.names where kind = 'person' and party = $1
      union select name from parties.people where id = $1 and name is not null
      union select email from parties.people where id = $1 and email is not null
      order by text`,
    [person],
  )

/**
 * Whom usage brought under a name that is this person's at some sources, and who has no other name: before the name was
 * linked, what these sources said of the person was written down as theirs. A source without a door is one of usage.
 */
export const alikePeople = (reader: Reader, person: string) =>
  rows<{ person: string; sources: string[] }>(
    reader,
    `select p.id as person,
            array_agg(case when n.source like '%:%' then n.source else 'api:' || n.source end order by n.source) as sources
       from parties.names n
       join parties.people p on p.name = n.name and p.id <> n.party and p.origin = 'usage'
      where n.kind = 'person' and n.party = $1 and n.source <> '*'
        and not exists (select from parties.names o
                         where o.kind = 'person' and o.party = p.id and (o.source, o.name) <> ('*', p.name))
      group by p.id
      order by p.id`,
    [person],
  )

export const insertPerson = (writer: Writer, id: string, name: string, email: string | null) =>
  execute(
    writer,
    `insert into parties.people (id, name, email, origin) values ($1, $2, $3, 'usage') on conflict (name) do nothing`,
    [id, name, email],
  )

/** Answers how many names now mean the person who did not before. */
export const linkName = (writer: Writer, person: string, source: string, name: string) =>
  execute(
    writer,
    `insert into parties.names (kind, source, name, party) values ('person', $2, $3, $1)
         on conflict (kind, source, name) do update set party = excluded.party where names.party <> excluded.party`,
    [person, source, name],
  )

export const erasePerson = async (writer: Writer, person: string): Promise<void> => {
  await execute(writer, `delete from parties.names where kind = 'person' and party = $1`, [person])
  await execute(writer, `update parties.people set name = null, email = null where id = $1`, [person])
}
