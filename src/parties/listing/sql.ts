import { type Reader, row, rows } from '../../database/reader.ts'
import type { Origin, PartyKind, Payment } from '../party.ts'

/** UUIDs that an asker may look at, null for all; and where the page begins: after this name and UUID. */
export type Wanted = {
  readonly scope: readonly string[] | null
  readonly only?: string | null
  readonly after: readonly string[] | undefined
  readonly limit: number
}

/** One more than the limit, so that the reader sees whether there is a next page. */
const values = ({ scope, only, after, limit }: Wanted) => [
  scope,
  only ?? null,
  after?.[0] ?? null,
  after?.[1] ?? null,
  limit + 1,
]
const page = `and ($3::text is null or (name, id) > ($3, $4::uuid)) order by name, id limit $5`

export type OrganisationItem = { id: string; name: string; tier: string; origin: Origin }

/** Whoever may look at a project may see whose it is. */
export const organisationsPage = (reader: Reader, wanted: Wanted) =>
  rows<OrganisationItem>(
    reader,
    `select id, name, tier, origin
       from parties.organisations
      where ($1::uuid[] is null or id = any ($1)
             or id in (select organisation from parties.projects where id = any ($1)))
        and ($2::uuid is null or id = $2) ${page}`,
    values(wanted),
  )

export type ProjectItem = {
  id: string
  name: string
  organisation: string
  organisation_name: string
  tier: string
  payment: Payment
  origin: Origin
}

export const projectsPage = (reader: Reader, wanted: Wanted & { readonly organisation: string | null }) =>
  rows<ProjectItem>(
    reader,
    `select id, name, organisation, organisation_name, tier, payment, origin
       from parties.known_projects
      where ($1::uuid[] is null or id = any ($1))
        and ($2::uuid is null or id = $2) and ($6::uuid is null or organisation = $6) ${page}`,
    [...values(wanted), wanted.organisation],
  )

export type PersonItem = { id: string; name: string; email: string | null; origin: Origin }

/** Whoever may look at a project may see its members. Who was erased has no name, and is in no list. */
export const peoplePage = (reader: Reader, wanted: Wanted & { readonly project: string | null }) =>
  rows<PersonItem>(
    reader,
    `select id, name, email, origin
       from parties.people
      where name is not null
        and ($1::uuid[] is null or id = any ($1)
             or id in (select person from parties.members where project = any ($1)))
        and ($6::uuid is null or id in (select person from parties.members where project = $6))
        and ($2::uuid is null or id = $2) ${page}`,
    [...values(wanted), wanted.project],
  )

export type ProviderItem = { id: string; name: string; origin: Origin }

/** Providers are known to everybody. */
export const providersPage = (reader: Reader, { only, after, limit }: Wanted) =>
  rows<ProviderItem>(
    reader,
    `select id, name, origin
       from parties.providers
      where ($1::uuid is null or id = $1)
        and ($2::text is null or (name, id) > ($2, $3::uuid)) order by name, id limit $4`,
    [only ?? null, after?.[0] ?? null, after?.[1] ?? null, limit + 1],
  )

/** The projects of these organisations and people. */
export const projectsOf = (reader: Reader, parties: readonly string[]) =>
  rows<{ id: string }>(
    reader,
    `select id from parties.projects where organisation = any ($1::uuid[])
      union
     select project from parties.members where person = any ($1::uuid[])`,
    [parties],
  )

export const projectByName = (reader: Reader, name: string) =>
  row<{ id: string }>(reader, `select id from parties.projects where name = $1`, [name])

/** By which name a source means each of these parties; a name of its own hides the same name of any source. */
export const namesMeaning = (reader: Reader, kind: PartyKind, source: string, parties: readonly string[]) =>
  rows<{ party: string; name: string }>(
    reader,
    `select distinct on (n.party) n.party, n.name
       from parties.names n
      where n.kind = $1 and n.party = any ($3::uuid[])
        and (n.source = $2
             or n.source = '*' and not exists (select from parties.names own
                                                where own.kind = n.kind and own.source = $2 and own.name = n.name
                                                  and own.party <> n.party))
      order by n.party, n.name`,
    [kind, source, parties],
  )
