import { type Reader, row } from '../../database/reader.ts'
import { execute, type Writer } from '../../database/writer.ts'
import type { Payment } from '../party.ts'

export type FoundParty = {
  readonly kind: 'organisation' | 'project' | 'person' | 'provider'
  /** Of a project. */
  readonly organisation: string | null
}

/** Whose id this is, whatever kind of party. */
export const partyById = (reader: Reader, id: string) =>
  row<FoundParty>(
    reader,
    `select 'organisation' as kind, null::uuid as organisation from parties.organisations where id = $1
      union all select 'project', organisation from parties.projects where id = $1
      union all select 'person', null from parties.people where id = $1
      union all select 'provider', null from parties.providers where id = $1`,
    [id],
  )

/** Answers 0 when the name is taken. */
export const insertOrganisation = (writer: Writer, id: string, name: string, tier: string) =>
  execute(
    writer,
    `insert into parties.organisations (id, name, tier, origin) values ($1, $2, $3, 'import')
         on conflict (name) do nothing`,
    [id, name, tier],
  )

/** Answers 0 when the name is taken. */
export const insertProject = (writer: Writer, id: string, organisation: string, name: string, payment: Payment) =>
  execute(
    writer,
    `insert into parties.projects (id, organisation, name, payment, origin) values ($1, $2, $3, $4, 'import')
         on conflict (name) do nothing`,
    [id, organisation, name, payment],
  )
