import type { Reader } from '../database/reader.ts'
import type { Writer } from '../database/writer.ts'
import { Problem } from '../http/problem.ts'
import { type Currency, nanosFrom } from '../values/money.ts'
import { type AccountKind, chart } from './chart.ts'
import * as sql from './sql.ts'
import { type Account, type AccountName, accountKey, planPosting, type Transfer } from './transfer.ts'

/**
 * Posts transfers. The accounts are locked here, so this comes last in an operation: load, decide, write.
 *
 * @throws Problem `period-closed` when one of the periods takes no transfers any more.
 */
export async function post(writer: Writer, transfers: readonly Transfer[]): Promise<void> {
  if (transfers.length === 0) return
  await refuseClosed(writer, [...new Set(transfers.map((transfer) => transfer.period))])
  const ids = await openAccounts(writer, transfers)
  const locked = await sql.lockAccounts(writer, [...new Set(ids.values())])
  const byId = new Map<bigint, Account>()
  let last = ''
  for (const account of locked) {
    if (account.last_at !== null && account.last_at > last) last = account.last_at
    const id = BigInt(account.id)
    byId.set(id, { id, kind: account.kind, posted: nanosFrom(account.posted), entries: BigInt(account.entries) })
  }
  // The clock may step back; an account's history never does.
  const at = Math.max(writer.at.getTime(), last === '' ? 0 : Date.parse(`${last.replace(' ', 'T')}:00`))
  const accounts = new Map([...ids].map(([key, id]) => [key, byId.get(id) as Account]))

  const posted = planPosting(accounts, transfers)

  await sql.insertTransfers(writer, posted, at)
  await sql.updateAccounts(writer, [...byId.values()], at)
}

async function refuseClosed(writer: Writer, periods: readonly string[]): Promise<void> {
  const closed = await sql.closedPeriods(writer, periods)
  if (closed.length > 0) throw new Problem('period-closed', { period: closed[0]?.period })
}

/** The ids of all accounts named, opened where they do not exist yet. */
async function openAccounts(writer: Writer, transfers: readonly Transfer[]): Promise<Map<string, bigint>> {
  const wanted = new Map<string, sql.NamedAccount>()
  const want = (name: AccountName, currency: Currency) => {
    const key = accountKey(name, currency)
    if (!wanted.has(key)) wanted.set(key, { ...name, currency, normalSide: chart[name.kind].normalSide })
  }
  for (const transfer of transfers) {
    want(transfer.debit, transfer.currency)
    want(transfer.credit, transfer.currency)
  }
  const found = new Map<string, bigint>()
  const find = async () => {
    for (const account of await sql.findIds(writer, [...wanted.values()], 0)) {
      found.set(accountKey(account, account.currency), BigInt(account.id))
    }
  }
  await find()
  if (found.size === wanted.size) return found
  await sql.lockOpening(writer)
  await find()
  const missing = [...wanted].filter(([key]) => !found.has(key))
  const opened = missing.map(([key, name]) => ({ key, ...name, id: writer.nextId() }))
  await sql.insertAccounts(writer, opened, 0)
  for (const account of opened) found.set(account.key, account.id)
  return found
}

export type Balance = {
  readonly account: bigint
  readonly owner: string
  readonly kind: AccountKind
  readonly currency: Currency
  readonly nanos: bigint
}

/** Balances on their normal side, now, or as they stood just before a moment; stripes of one account as one. */
export async function balancesOf(reader: Reader, owners: readonly string[], before?: Date): Promise<Balance[]> {
  const found = await sql.balances(reader, owners, before ?? null)
  const sums = new Map<string, Balance>()
  for (const b of found) {
    const key = accountKey(b, b.currency)
    const before = sums.get(key)
    // The first row is the account itself; the others are its stripes.
    const account = before?.account ?? BigInt(b.account)
    sums.set(key, { ...b, account, nanos: (before?.nanos ?? 0n) + nanosFrom(b.balance) })
  }
  return [...sums.values()]
}

/** Closes or reopens a period; a closed one takes no transfers. */
export async function setPeriod(writer: Writer, period: string, state: 'open' | 'closed'): Promise<void> {
  await sql.putPeriod(writer, period, state)
}

export {
  accountsTable,
  type EntryRow,
  history,
  periodState,
  type TransferRow,
  transfersById,
  transfersTable,
} from './sql.ts'
