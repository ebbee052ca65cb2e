import { type Reader, rows } from '../../database/reader.ts'
import type { ChargeRow } from '../sql.ts'

export type WantedCharges = {
  /** UUIDs of parties, one of which must pay or earn; null for all charges. */
  readonly scope: readonly string[] | null
  readonly project: string | null
  readonly period: string | null
  readonly record: string | null
  /** The key of the charge before: record, component, part, revision, kind. */
  readonly after: readonly string[] | undefined
  readonly limit: number
}

/** Of the newest record first, in the order of the index that keeps a record from being charged twice; one more than asked. */
export const chargesPage = (reader: Reader, wanted: WantedCharges) => {
  const [record, component, part, revision, kind] = wanted.after ?? []
  return rows<ChargeRow>(
    reader,
    `select id, period, operation, record, project, provider, component, part, revision, kind, price, book, quantity,
            amount, currency, transfer
       from charging.charges
      where ($1::uuid[] is null or project = any ($1) or provider = any ($1))
        and ($2::uuid is null or project = $2)
        and ($3::date is null or period = $3)
        and ($4::bigint is null or record = $4)
        and ($5::bigint is null
             or (record, component, part, revision, kind) < ($5, $6::text, $7::smallint, $8::smallint, $9::text))
      order by record desc, component desc, part desc, revision desc, kind desc
      limit $10`,
    [
      wanted.scope,
      wanted.project,
      wanted.period,
      wanted.record,
      record ?? null,
      component ?? null,
      part ?? null,
      revision ?? null,
      kind ?? null,
      wanted.limit + 1,
    ],
  )
}
