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

export type PaidPageRow = { lot: string; wallet: string; page: string; spent: string }

/** What pages of usage were paid from lots, less what was given back of it; the last to expire first. */
export const paidByLots = (reader: Reader, pages: readonly bigint[]) =>
  rows<PaidPageRow>(
    reader,
    `select d.lot, l.wallet, d.page, -sum(d.posted_delta) as spent
       from credits.draws d
       join credits.lots l on l.id = d.lot
      where d.page = any ($1::bigint[])
      group by d.lot, d.page, l.wallet, l.expires_at
     having sum(d.posted_delta) < 0
      order by l.expires_at desc, d.lot desc`,
    [arrayOf(pages)],
  )

export type CountedPageRow = { page: string; owner: string; wallet: string; span: Span; starts: string; nanos: string }

/** Where in budgets pages of usage count, and how much of them still does; the newest windows first. */
export const countedByPages = (reader: Reader, pages: readonly bigint[]) =>
  rows<CountedPageRow>(
    reader,
    `select page, owner, wallet, span, starts, sum(delta) as nanos
       from credits.counts
      where page = any ($1::bigint[])
      group by page, owner, wallet, span, starts
     having sum(delta) > 0
      order by starts desc, page desc`,
    [arrayOf(pages)],
  )

/** What was given back to lots that had paid pages. */
export const givenToLots = (reader: Reader, pages: readonly bigint[]) =>
  rows<{ page: string; wallet: string; nanos: string }>(
    reader,
    `select d.page, l.wallet, sum(d.posted_delta) as nanos
       from credits.draws d
       join credits.lots l on l.id = d.lot
      where d.page = any ($1::bigint[]) and d.posted_delta > 0
      group by d.page, l.wallet`,
    [arrayOf(pages)],
  )

/** So much of pages counts no more in budgets. */
export const countedLess = (reader: Reader, pages: readonly bigint[]) =>
  rows<{ page: string; wallet: string; span: Span; nanos: string }>(
    reader,
    `select page, wallet, span, -sum(delta) as nanos
       from credits.counts
      where page = any ($1::bigint[]) and delta < 0
      group by page, wallet, span`,
    [arrayOf(pages)],
  )
