import { copyText, timestampText } from '../database/copy-text.ts'
import { type Reader, row, rows, rowsLater } from '../database/reader.ts'
import { append, executeLater, type SealedTable, type Writer } from '../database/writer.ts'
import type { Kind, PriceVersion, ScopeKind } from './definition.ts'

export const versionsTable: SealedTable = {
  name: 'pricing.versions',
  columns: [
    'id',
    'operation',
    'book',
    'kind',
    'service',
    'subtype',
    'component',
    'scope_kind',
    'scope',
    'valid_from',
    'definition',
    'revision',
  ],
}

export type VersionRow = {
  id: string
  book: string
  kind: Kind
  service: string
  subtype: string
  component: string
  scope_kind: ScopeKind
  scope: string
  /** Milliseconds. */
  valid_from: string
  definition: object | null
  revision: number
}

export const versions = (reader: Reader) =>
  rows<VersionRow>(
    reader,
    `select id::text, book::text, kind, service, subtype, component, scope_kind, scope,
            (extract(epoch from valid_from) * 1000)::bigint::text as valid_from, definition, revision
       from pricing.versions
      order by kind, service, subtype, component, scope_kind, scope, valid_from, revision`,
  )

export const revision = async (reader: Reader): Promise<number> => {
  const book = await row<{ revision: string }>(reader, `select revision::text from pricing.book`)
  return Number(book?.revision)
}

/** Pages share the book until they commit, so that prices change between two pages and never within one. */
export const share = async (writer: Writer): Promise<number> => {
  const [book] = await rowsLater<{ revision: string }>(
    writer,
    `select revision::text from pricing.book for share`,
    [],
    'pricing.share',
  )
  return Number(book?.revision)
}

/** Takes the book alone and answers its new revision. */
export const raiseRevision = async (writer: Writer): Promise<number> => {
  const book = await row<{ revision: string }>(
    writer,
    `update pricing.book set revision = revision + 1 returning revision::text`,
  )
  return Number(book?.revision)
}

export const insertVersions = (writer: Writer, added: readonly PriceVersion[]) =>
  append(
    writer,
    versionsTable,
    added.map((v) =>
      [
        v.id,
        writer.operation,
        v.book,
        v.kind,
        copyText(v.service),
        copyText(v.subtype),
        copyText(v.component),
        v.scopeKind,
        copyText(v.scope),
        timestampText(v.validFrom),
        copyText(v.definition && JSON.stringify(v.definition)),
        v.revision,
      ].join('\t'),
    ),
  )

export const used = (reader: Reader) => rows<{ version: string }>(reader, `select version::text from pricing.uses`)

/** By ascending id, so that two pages never wait for each other in a circle. */
export const insertUses = (writer: Writer, uses: readonly (readonly [version: bigint, operation: bigint])[]) =>
  executeLater(
    writer,
    `insert into pricing.uses (version, operation)
     select fresh.version, fresh.operation
       from unnest($1::bigint[], $2::bigint[]) as fresh (version, operation)
      where not exists (select from pricing.uses u where u.version = fresh.version)
      order by fresh.version
         on conflict do nothing`,
    [uses.map(([version]) => version), uses.map(([, operation]) => operation)],
    'pricing.insert_uses',
  )
