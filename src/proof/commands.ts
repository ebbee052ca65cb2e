import type { Check } from '../audit/check.ts'
import { type PublishedHead, verifyHistory } from '../audit/verify.ts'
import { chargesTable, statesTable, trueUpsTable } from '../charging/statement-commands.ts'
import type { SealedTable } from '../database/writer.ts'
import { accountsTable, transfersTable } from '../ledger/commands.ts'
import { recordsTable } from '../metering/commands.ts'
import type { House } from '../operations/house.ts'
import { versionsTable } from '../pricing/commands.ts'
import { chargeInquiries } from './charges.ts'
import { inquire } from './inquiry.ts'
import { ledgerInquiries } from './ledger.ts'

/** Every table whose rows operations answer for. */
export const sealedTables: readonly SealedTable[] = [
  versionsTable,
  recordsTable,
  chargesTable,
  statesTable,
  trueUpsTable,
  accountsTable,
  transfersTable,
]

export type Proved = Check & { readonly milliseconds: number }

/**
 * Proves the books from the database alone: the seal and what is under it, then every rule that ties tables to each
 * other. Changes nothing, and looks while others write: each check sees one moment.
 */
export async function* proveBooks(house: House, published?: PublishedHead): AsyncGenerator<Proved> {
  let started = performance.now()
  const timed = (check: Check): Proved => {
    const now = performance.now()
    const proved = { ...check, milliseconds: now - started }
    started = now
    return proved
  }
  for await (const check of verifyHistory(house, sealedTables, published)) yield timed(check)
  for (const inquiry of [...ledgerInquiries, ...chargeInquiries]) yield timed(await inquire(house.database, inquiry))
}
