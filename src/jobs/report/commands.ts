import { looking } from '../../database/transaction.ts'
import type { House } from '../../operations/house.ts'
import { offsetOf } from '../door/page.ts'
import { type Filter, isFiltering, type ReportOf } from './report.ts'
import * as sql from './sql.ts'

type Asked = { readonly page: number; readonly page_size: number }
type Listed = { readonly items: readonly sql.ReportRow[]; readonly total: number }

/** No part has so many but one that holds a single second. */
const farAway = 5_000n

/** A page of a report and how many there are in all, both of one moment. */
export function reportPage(house: House, of: ReportOf, filter: Filter, asked: Asked): Promise<Listed> {
  const offset = offsetOf(asked)
  const size = asked.page_size
  return looking(house.database, async (reader) => {
    if (isFiltering(filter)) {
      const total = await sql.countFiltered(reader, of, filter)
      return { total, items: offset < total ? await sql.filteredJobs(reader, of, filter, offset, size) : [] }
    }
    const place = await sql.placeOf(reader, of, offset)
    const total = Number(place?.total ?? 0)
    if (place?.ends == null) return { total, items: [] }
    const skipped = offset - BigInt(place.before ?? 0)
    const from = skipped > farAway ? sql.jobsFarFrom : sql.jobsFrom
    return { total, items: await from(reader, of, place.ends, skipped, size) }
  })
}

const atOnce = 2_000

/**
 * All of a report, page by page: no connection waits for a slow reader, so each page is of its own moment. A job that
 * finishes meanwhile may be there or not; none is there twice unless its start changes.
 */
export async function* wholeReport(house: House, of: ReportOf, filter: Filter): AsyncGenerator<sql.ReportRow[]> {
  let last: sql.ReportRow | undefined
  for (;;) {
    const found = await sql.jobsAfter(house.database.pool, of, filter, last, atOnce)
    if (found.length > 0) yield found
    if (found.length < atOnce) return
    last = found.at(-1)
  }
}
