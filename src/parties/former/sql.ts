import { type Reader, rows } from '../../database/reader.ts'
import { execute, type Writer } from '../../database/writer.ts'
import type { PartyKind } from '../party.ts'

/** Everybody whom these names mean at a source or at any, or ever meant there. */
export const everMeant = (reader: Reader, kind: PartyKind, source: string, names: readonly string[]) =>
  rows<{ name: string; party: string }>(
    reader,
    `select name, party from parties.names where kind = $1 and source in ($2, '*') and name = any ($3::text[])
      union
     select name, party from parties.former_names where kind = $1 and source in ($2, '*') and name = any ($3::text[])`,
    [kind, source, names],
  )

/** Whether somebody signs in by a name today that meant another person before. */
export const signsInAs = async (reader: Reader, person: string, former: string): Promise<boolean> =>
  (
    await rows(
      reader,
      `select from parties.names n
         join parties.former_names f on f.kind = n.kind and f.source = n.source and f.name = n.name
        where n.kind = 'person' and n.party = $1 and f.party = $2 and n.source like 'jwt:%'
        limit 1`,
      [person, former],
    )
  ).length > 0

/** Keeps whom names mean that are about to mean somebody else. */
export const keepFormer = (
  writer: Writer,
  kind: PartyKind,
  wanted: readonly { readonly source: string; readonly name: string }[],
) =>
  execute(
    writer,
    `insert into parties.former_names (kind, source, name, party)
     select n.kind, n.source, n.name, n.party
       from unnest($2::text[], $3::text[]) as wanted (source, name)
       join parties.names n on n.kind = $1 and n.source = wanted.source and n.name = wanted.name
      order by n.source, n.name
         on conflict do nothing`,
    [kind, wanted.map((row) => row.source), wanted.map((row) => row.name)],
  )

/** Whom a person's names ever meant, and what else ever meant the person: before the names themselves go. */
export const eraseFormer = (writer: Writer, person: string) =>
  execute(
    writer,
    `delete from parties.former_names
      where kind = 'person'
        and (party = $1
             or name in (select name from parties.names where kind = 'person' and party = $1)
             or name in (select name from parties.people where id = $1))`,
    [person],
  )
