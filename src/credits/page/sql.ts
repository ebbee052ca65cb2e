import { arrayOf } from '../../database/copy-text.ts'
import { type Reader, rows } from '../../database/reader.ts'
import type { Span } from '../budget.ts'
import type { LotRow } from '../sql.ts'

/** Lots by their numbers, also those that are used up and over. */
export const lotsById = (reader: Reader, ids: readonly bigint[]) =>
  rows<LotRow>(
    reader,
    `select id, wallet, grant_id, expires_at, posted, held from credits.lots where id = any ($1::bigint[])`,
    [arrayOf(ids)],
  )

export type DrawnPageRow = { lot: string; wallet: string; page: string; first: string; spent: string }

/** What pages of usage were paid from lots, at first and less what was given back of it; the last to expire first. */
export const drawnByPages = (reader: Reader, pages: readonly bigint[]) =>
  rows<DrawnPageRow>(
    reader,
    `select d.lot, l.wallet, d.page, -sum(d.posted_delta) as spent,
            coalesce(-sum(d.posted_delta) filter (where d.operation = d.page), 0) as first
       from credits.draws d
       join credits.lots l on l.id = d.lot
      where d.page = any ($1::bigint[])
      group by d.lot, d.page, l.wallet, l.expires_at
      order by l.expires_at desc, d.lot desc, d.page desc`,
    [arrayOf(pages)],
  )

export type CountedPageRow = {
  page: string
  owner: string
  wallet: string
  span: Span
  starts: string
  first: string
  nanos: string
}

/** Where in budgets pages of usage counted, and how much of them still does; the newest windows first. */
export const countedByPages = (reader: Reader, pages: readonly bigint[]) =>
  rows<CountedPageRow>(
    reader,
    `select page, owner, wallet, span, starts, sum(delta) as nanos,
            coalesce(sum(delta) filter (where operation = page), 0) as first
       from credits.counts
      where page = any ($1::bigint[])
      group by page, owner, wallet, span, starts
      order by starts desc, page desc`,
    [arrayOf(pages)],
  )

export const walletsOfPages = (reader: Reader, pages: readonly bigint[]) =>
  rows<{ wallet: string }>(reader, `select distinct wallet from credits.counts where page = any ($1::bigint[])`, [
    arrayOf(pages),
  ])
