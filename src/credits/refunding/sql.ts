import { type Reader, rows } from '../../database/reader.ts'
import { arrayOf } from '../../database/copy-text.ts'

export type SpentLotRow = {
  operation: string
  id: string
  wallet: string
  grant_id: string
  expires_at: Date
  posted: string
  held: string
  spent: string
}

/**
 * What some operations, that settled at these times, took of dated credits to pay. What they gave back to a lot whose
 * time was over was taken of it as well, but had expired.
 */
export const spentLots = (reader: Reader, operations: readonly bigint[], times: readonly Date[]) =>
  rows<SpentLotRow>(
    reader,
    `select d.operation, l.id, l.wallet, l.grant_id, l.expires_at, l.posted, l.held, -sum(d.posted_delta) as spent
       from unnest($1::bigint[], $2::timestamptz[]) as o (operation, at)
       join credits.draws d on d.id >= o.operation << 20 and d.id < (o.operation + 1) << 20
       join credits.lots l on l.id = d.lot
      where d.posted_delta < 0 and (d.held_delta < 0 or l.expires_at > o.at)
      group by d.operation, l.id
      order by d.operation, l.expires_at desc, l.id desc`,
    [arrayOf(operations), times],
  )
