import { looking } from '../../database/transaction.ts'
import type { House } from '../../operations/house.ts'
import { offsetOf } from '../door/page.ts'
import type { Happening, Owner } from './ledger.ts'
import * as sql from './sql.ts'

type Asked = { readonly page: number; readonly page_size: number }
type Listed = { readonly happenings: readonly Happening[]; readonly total: number }

/** A page of what happened to an account, the newest first, and how much there is in all: both of one moment. */
export function ledgerOf(house: House, { id }: Owner, currency: string, asked: Asked): Promise<Listed> {
  const offset = offsetOf(asked)
  return looking(house.database, async (reader) => {
    const total = await sql.countLedger(reader, id, currency)
    if (offset >= BigInt(total)) return { total, happenings: [] }
    const found = await sql.ledgerPage(reader, id, currency, offset, asked.page_size)
    const refunds = found.filter(({ reason }) => reason === 'refund').map(({ operation }) => BigInt(operation))
    const jobs = refunds.length === 0 ? [] : await sql.jobsOfOperations(reader, [...new Set(refunds)])
    const jobOf = new Map(jobs.map(({ operation, job }) => [operation, job]))
    const happenings = found.map((row) => ({
      ...row,
      operation: BigInt(row.operation),
      at: row.at.getTime(),
      job: row.job ?? (row.reason === 'refund' ? jobOf.get(row.operation) : undefined),
    }))
    return { total, happenings }
  })
}
