import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { nanosFrom } from '../values/money.ts'
import { chart } from './chart.ts'
import * as sql from './sql.ts'
import { accountKey, type AccountName, type Account, entryOn, type Posting } from './transfer.ts'
import type { Wallet } from './wallet.ts'

export type WalletName = { readonly owner: string; readonly currency: string }

/** Locks the wallets that exist among these names, in one order for everybody; everything that decides money is theirs. */
export async function lockWallets(writer: Writer, ids: readonly bigint[]): Promise<Wallet[]> {
  const found = await sql.lockWallets(writer, ids)
  return found.map((row) => ({
    id: BigInt(row.id),
    kind: 'wallet' as const,
    owner: row.owner,
    currency: row.currency,
    posted: nanosFrom(row.posted),
    entries: BigInt(row.entries),
    held: nanosFrom(row.held),
    overrun: nanosFrom(row.overrun),
    creditLimit: nanosFrom(row.credit_limit),
    nextExpiry: row.next_expiry?.getTime() ?? null,
    nextDue: row.next_due?.getTime() ?? null,
    budgets: row.budgets,
    lastAt: row.last_at?.getTime() ?? 0,
  }))
}

export async function writeWallets(writer: Writer, wallets: readonly Wallet[]): Promise<void> {
  if (wallets.length === 0) return
  assert.equal(await sql.updateWallets(writer, wallets), wallets.length, 'every wallet that changed was written')
}

/** Which wallets there are; a wallet never goes away. */
export const findWallets = (reader: Parameters<typeof sql.findIds>[0], names: readonly WalletName[]) =>
  sql.findIds(
    reader,
    names.map((name) => ({ ...name, kind: 'wallet' as const, normalSide: chart.wallet.normalSide })),
    0,
  )

/** Opens an account in an operation of its own, once, whoever asks how often. */
export async function openAccount(house: House, name: AccountName, currency: string, stripe: number): Promise<void> {
  const account = { ...name, currency, stripe }
  await alone(
    house,
    {
      principal: 'bursar',
      key: `open ${name.owner} ${name.kind} ${currency} ${stripe}`,
      command: 'ledger.openAccount',
      input: account,
    },
    async (writer) => {
      // Pages open accounts of stripe 0 as well, and a lane must never wait for a page while it holds wallets.
      if (stripe === 0) await sql.lockOpening(writer)
      const { normalSide } = chart[name.kind]
      const [there] = await sql.findIds(writer, [{ ...name, currency, normalSide }], stripe)
      if (there) return nothing
      await sql.insertAccounts(writer, [{ ...name, currency, normalSide, id: writer.nextId() }], stripe)
      return account
    },
  )
}

/** Opens wallets inside an operation, where there are none. */
export async function openWallets(writer: Writer, names: readonly WalletName[]): Promise<void> {
  const there = new Set((await findWallets(writer, names)).map(({ owner, currency }) => `${owner} ${currency}`))
  if (names.every(({ owner, currency }) => there.has(`${owner} ${currency}`))) return
  await sql.lockOpening(writer)
  const now = new Set((await findWallets(writer, names)).map(({ owner, currency }) => `${owner} ${currency}`))
  const { normalSide } = chart.wallet
  await sql.insertAccounts(
    writer,
    names
      .filter(({ owner, currency }) => !now.has(`${owner} ${currency}`))
      .map((name) => ({ ...name, kind: 'wallet' as const, normalSide, id: writer.nextId() })),
    0,
  )
}

/** Accounts of the house that one lane posts to, by name: their ids never change. */
export class Stripes {
  readonly #house: House
  readonly #stripe: number
  readonly #ids = new Map<string, bigint>()

  constructor(house: House, stripe: number) {
    this.#house = house
    this.#stripe = stripe
  }

  /**
   * Posts the sides that belong to the house. Its accounts are locked here, after all others. Answers when: another batch
   * may have posted to them that began later, and an account's history never goes back.
   */
  async post(writer: Writer, postings: readonly Posting[], at: number): Promise<number> {
    const sides = new Map<string, AccountName & { readonly currency: string }>()
    const add = (name: AccountName, currency: string) => {
      const key = accountKey(name, currency)
      if (!sides.has(key)) sides.set(key, { ...name, currency })
    }
    for (const { transfer, debit, credit } of postings) {
      if (!debit) add(transfer.debit, transfer.currency)
      if (!credit) add(transfer.credit, transfer.currency)
    }
    if (sides.size === 0) return at
    const { accounts, lastAt } = await this.#lock(writer, sides)
    const postedAt = Math.max(at, lastAt)
    for (const posting of postings) {
      const { transfer } = posting
      const of = (name: AccountName) => accounts.get(accountKey(name, transfer.currency)) as Account
      posting.debit ??= entryOn(of(transfer.debit), 'debit', transfer.nanos)
      posting.credit ??= entryOn(of(transfer.credit), 'credit', transfer.nanos)
    }
    assert.equal(await sql.updateAccounts(writer, [...accounts.values()], postedAt), accounts.size)
    return postedAt
  }

  async #lock(writer: Writer, sides: ReadonlyMap<string, AccountName & { readonly currency: string }>) {
    const ids = new Map<string, bigint>()
    for (const [key, name] of sides) ids.set(key, this.#ids.get(key) ?? (await this.#find(name, name.currency)))
    const rows = await sql.lockAccounts(writer, [...ids.values()])
    const byId = new Map(rows.map((row) => [row.id, row]))
    const accounts = new Map<string, Account>()
    let lastAt = 0
    for (const [key, id] of ids) {
      const row = byId.get(String(id))
      assert(row, 'an account of the house is there')
      if (row.last_at !== null) lastAt = Math.max(lastAt, momentOf(row.last_at))
      accounts.set(key, { id, kind: row.kind, posted: nanosFrom(row.posted), entries: BigInt(row.entries) })
    }
    return { accounts, lastAt }
  }

  async #find(name: AccountName, currency: string): Promise<bigint> {
    const wanted = [{ ...name, currency, normalSide: chart[name.kind].normalSide }]
    const find = async () => (await sql.findIds(this.#house.database.pool, wanted, this.#stripe))[0]
    let found = await find()
    if (!found) {
      await openAccount(this.#house, name, currency, this.#stripe)
      found = await find()
    }
    assert(found, 'an account that was opened is there')
    const id = BigInt(found.id)
    this.#ids.set(accountKey(name, currency), id)
    return id
  }
}

/** As PostgreSQL prints it in UTC. */
const momentOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00`)

/** A transfer whose sides are all posted, as its table takes it. */
export function postingLine({ transfer, debit, credit }: Posting, operation: bigint, at: number): string {
  assert(debit && credit, 'both sides are posted')
  return sql.transferLine(
    {
      ...transfer,
      debitAccount: debit.account,
      debitEntry: debit.entry,
      debitAfter: debit.after,
      creditAccount: credit.account,
      creditEntry: credit.entry,
      creditAfter: credit.after,
    },
    operation,
    at,
  )
}
