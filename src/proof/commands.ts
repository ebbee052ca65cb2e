import { approvalsTable, decisionsTable } from '../access/approval-commands.ts'
import { keysTable, revocationsTable } from '../access/key-commands.ts'
import type { Check } from '../audit/check.ts'
import { seal } from '../audit/seal.ts'
import { type PublishedHead, verifyHistory } from '../audit/verify.ts'
import { chargesTable, statesTable, trueUpsTable } from '../charging/statement-commands.ts'
import { settlementsTable } from '../charging/counter-commands.ts'
import { refundsTable } from '../charging/refund-commands.ts'
import { creditTables } from '../credits/commands.ts'
import { isConnectionLost } from '../database/refusals.ts'
import type { SealedTable } from '../database/writer.ts'
import { jobTables } from '../jobs/job/shelf-commands.ts'
import { jobPriceTables } from '../jobs/price/change-commands.ts'
import { accountsTable, transfersTable } from '../ledger/commands.ts'
import { confirmationsTable, recordsTable } from '../metering/commands.ts'
import { erasuresTable } from '../metering/erasure-commands.ts'
import { dismissalsTable } from '../metering/quarantine-commands.ts'
import type { House } from '../operations/house.ts'
import { versionsTable } from '../pricing/commands.ts'
import { accessInquiries } from './access.ts'
import { budgetInquiries } from './budgets.ts'
import { chargeInquiries } from './charges.ts'
import { flowInquiries } from './flows.ts'
import { historyInquiries } from './history.ts'
import { holdInquiries } from './holds.ts'
import { inquire } from './inquiry.ts'
import { inOrder } from './in-order.ts'
import { jobPriceInquiries } from './job-prices.ts'
import { checkJobAccounts } from './jobs/accounts.ts'
import { checkJobs } from './jobs/check.ts'
import { jobInquiries } from './jobs/money.ts'
import { jobReportInquiries } from './jobs/reports.ts'
import { ledgerInquiries } from './ledger.ts'
import { lotInquiries } from './lots.ts'
import { priceInquiries } from './prices.ts'
import { recordInquiries } from './records.ts'
import { refundInquiries } from './refunds.ts'
import { settlementInquiries } from './settlements.ts'
import { checkUsage } from './usage.ts'

/** Every table whose rows operations answer for. */
const sealedTables: readonly SealedTable[] = [
  keysTable,
  revocationsTable,
  approvalsTable,
  decisionsTable,
  versionsTable,
  recordsTable,
  confirmationsTable,
  erasuresTable,
  dismissalsTable,
  chargesTable,
  statesTable,
  trueUpsTable,
  accountsTable,
  transfersTable,
  ...creditTables,
  settlementsTable,
  refundsTable,
  ...jobPriceTables,
  ...jobTables,
]

const inquiries = [
  ...accessInquiries,
  ...historyInquiries,
  ...ledgerInquiries,
  ...chargeInquiries,
  ...holdInquiries,
  ...lotInquiries,
  ...budgetInquiries,
  ...flowInquiries,
  ...settlementInquiries,
  ...refundInquiries,
  ...recordInquiries,
  ...priceInquiries,
  ...jobPriceInquiries,
  ...jobInquiries,
  ...jobReportInquiries,
] as const

export type Proved = Check & { readonly milliseconds: number }

/**
 * Proves the books from the database alone: the seal and what is under it, then every rule that ties tables to each
 * other. Changes nothing, and looks while others write: each check sees one moment. Three lines of checks run side by
 * side, because some wait for the server and some for this process; they are told in the same order every time.
 */
export async function* proveBooks(
  house: House,
  published?: PublishedHead,
  onRecords: (count: number) => void = () => {},
): AsyncGenerator<Proved> {
  yield* inOrder([timed(history(house, published)), timed(used(house, onRecords)), timed(rules(house))])
}

async function* history(house: House, published: PublishedHead | undefined): AsyncGenerator<Check> {
  try {
    for await (const check of verifyHistory(house, sealedTables, published)) yield named(check)
  } catch (error) {
    yield unreadable('sealed history', 'audit.head, audit.blocks', error)
  }
}

async function* usage(house: House, onRecords: (count: number) => void): AsyncGenerator<Check> {
  try {
    yield await checkUsage(house, onRecords)
  } catch (error) {
    yield unreadable('rating again', 'pricing.book, pricing.versions', error)
  }
}

async function* used(house: House, onRecords: (count: number) => void): AsyncGenerator<Check> {
  yield* usage(house, onRecords)
  yield* jobs(house)
}

async function* jobs(house: House): AsyncGenerator<Check> {
  try {
    yield await checkJobs(house)
    yield await checkJobAccounts(house)
  } catch (error) {
    yield unreadable('jobs', 'jobs.jobs, jobs.events, jobs.accounts', error)
  }
}

async function* rules(house: House): AsyncGenerator<Check> {
  for (const inquiry of inquiries) {
    try {
      yield await inquire(house.database, inquiry)
    } catch (error) {
      yield unreadable(inquiry.name, 'what it reads', error)
    }
  }
}

/** Books that were tampered with may break whoever reads them; a server that cannot answer says nothing about them. */
function unreadable(name: string, tables: string, error: unknown): Check {
  const { code, severity, message } = error as Error & { code?: string; severity?: string }
  const fromServer = severity !== undefined && code?.startsWith('22') !== true
  if (fromServer || isConnectionLost(error)) throw error
  return { name, ok: false, detail: `${tables}: cannot be read: ${message}` }
}

/** The seal knows operations and blocks; readers of a failure are told their table as well, and ids as written elsewhere. */
function named(check: Check): Check {
  if (check.ok) return check
  const [table] = Object.entries(tables).find(([, name]) => name === check.name) ?? [check.name.split(' ', 1)[0]]
  return { ...check, detail: `${table}: ${check.detail.replace(/\boperation (\d+)/g, 'op_$1')}` }
}

const tables = {
  'audit.blocks, audit.head': 'the blocks form one chain',
  'operations.operations': 'operations bear their marks',
  'audit.seals, operations.operations': 'every operation is sealed once',
  'audit.blocks': 'the chain holds the published head',
}

async function* timed(source: AsyncGenerator<Check>): AsyncGenerator<Proved> {
  let started = performance.now()
  for await (const check of source) {
    yield { ...check, detail: numbersAgree(check.detail), milliseconds: Math.round(performance.now() - started) }
    started = performance.now()
  }
}

const counted =
  /(?<![\d.,])1 (account|block|charge|discount|draw|end|grant|key|lot|move|operation|price|record|refund|reservation|row|settlement|step|thing|transfer|version|wallet|withdrawal)s\b/g
const numbersAgree = (detail: string): string => detail.replaceAll(counted, '1 $1')

/**
 * Seals what waits, once the books are proved: then the proof is worth something tomorrow, also where no server runs.
 * Never before, so that nothing that is wrong is sealed. A database that cannot be written to is proved all the same.
 */
export async function sealProved(house: House): Promise<string | undefined> {
  try {
    return (await seal(house)).warning
  } catch (error) {
    return `What waits was not sealed: ${(error as Error).message}`
  }
}
