import { strict as assert } from 'node:assert'
import type { Writer } from '../database/writer.ts'
import { alone, nothing } from '../operations/alone.ts'
import type { House } from '../operations/house.ts'
import { nanosFrom } from '../values/money.ts'
import { chart } from './chart.ts'
import * as sql from './sql.ts'
import { accountKey, type AccountName, type Account, entryOn, type PostedTransfer, type Posting } from './transfer.ts'
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

/** Every one of them, or none; put off where statements go out together. */
export async function writeWallets(writer: Writer, wallets: readonly Wallet[]): Promise<void> {
  if (wallets.length > 0) await sql.updateWallets(writer, wallets)
}

/** Which wallets there are; a wallet never goes away. Put off where statements go out together. */
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

/** Accounts of the house as they stand under their locks, by name. */
export type LockedStripes = { readonly stripe: number; readonly accounts: Map<string, Account>; lastAt: number }

type HouseAccount = AccountName & { readonly currency: string }

/** Accounts of the house that one lane posts to; two stripes of them, so that one batch need not wait for the other. */
export class Stripes {
  readonly #house: House
  readonly #stripes: readonly number[]
  #turn = 0
  /** Their ids by stripe and name, which never change. */
  readonly #ids = new Map<string, bigint>()

  constructor(house: House, stripes: readonly number[]) {
    this.#house = house
    this.#stripes = stripes
  }

  /**
   * Locks what a batch will post to as far as it is known, after all wallets: put off with them, so that nobody waits
   * for it later. An account that was never posted to is left to `post`.
   */
  async lock(writer: Writer, names: readonly HouseAccount[]): Promise<LockedStripes> {
    this.#turn = (this.#turn + 1) % this.#stripes.length
    const locked = { stripe: this.#stripes[this.#turn] ?? 0, accounts: new Map<string, Account>(), lastAt: 0 }
    const ids = new Map<string, bigint>()
    for (const name of names) {
      const key = accountKey(name, name.currency)
      const id = this.#ids.get(`${locked.stripe} ${key}`)
      if (id !== undefined) ids.set(key, id)
    }
    if (ids.size > 0) await this.#lock(writer, ids, locked)
    return locked
  }

  /**
   * Posts the sides that belong to the house, and locks what is not locked yet. Answers when: another batch may have
   * posted to them that began later, and an account's history never goes back.
   */
  async post(writer: Writer, postings: readonly Posting[], at: number, locked: LockedStripes): Promise<number> {
    const { accounts } = locked
    const missing = new Map<string, HouseAccount>()
    const sides: { readonly posting: Posting; readonly side: 'debit' | 'credit'; readonly key: string }[] = []
    for (const posting of postings) {
      const { transfer } = posting
      for (const side of ['debit', 'credit'] as const) {
        if (posting[side]) continue
        const key = accountKey(transfer[side], transfer.currency)
        sides.push({ posting, side, key })
        if (!accounts.has(key)) missing.set(key, { ...transfer[side], currency: transfer.currency })
      }
    }
    if (missing.size > 0) {
      const ids = new Map<string, bigint>()
      for (const [key, name] of missing) ids.set(key, await this.#idOf(locked.stripe, name))
      await this.#lock(writer, ids, locked)
    }
    const moved = new Set<Account>()
    for (const { posting, side, key } of sides) {
      const account = accounts.get(key)
      assert(account, 'an account of the house is there')
      posting[side] = entryOn(account, side, posting.transfer.nanos)
      moved.add(account)
    }
    const postedAt = Math.max(at, locked.lastAt)
    if (moved.size > 0) await sql.updateAccounts(writer, [...moved], postedAt)
    return postedAt
  }

  async #lock(writer: Writer, ids: ReadonlyMap<string, bigint>, locked: LockedStripes): Promise<void> {
    const rows = await sql.lockAccounts(writer, [...ids.values()])
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const [key, id] of ids) {
      const row = byId.get(String(id))
      assert(row, 'an account of the house is there')
      if (row.last_at !== null) locked.lastAt = Math.max(locked.lastAt, momentOf(row.last_at))
      locked.accounts.set(key, { id, kind: row.kind, posted: nanosFrom(row.posted), entries: BigInt(row.entries) })
    }
  }

  async #idOf(stripe: number, { owner, kind, currency }: HouseAccount): Promise<bigint> {
    const key = `${stripe} ${accountKey({ owner, kind }, currency)}`
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const wanted = [{ owner, kind, currency, normalSide: chart[kind].normalSide }]
    const find = async () => (await sql.findIds(this.#house.database.pool, wanted, stripe))[0]
    let found = await find()
    if (!found) {
      await openAccount(this.#house, { owner, kind }, currency, stripe)
      found = await find()
    }
    assert(found, 'an account that was opened is there')
    const id = BigInt(found.id)
    this.#ids.set(key, id)
    return id
  }
}

/** As PostgreSQL prints it in UTC. */
const momentOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00`)

/** A transfer whose sides are all posted, with its place in both accounts' histories. */
export function postedOf({ transfer, debit, credit }: Posting): PostedTransfer {
  assert(debit && credit, 'both sides are posted')
  const { id, currency, nanos, reason, period } = transfer
  return {
    id,
    debit: transfer.debit,
    credit: transfer.credit,
    currency,
    nanos,
    reason,
    period,
    debitAccount: debit.account,
    debitEntry: debit.entry,
    debitAfter: debit.after,
    creditAccount: credit.account,
    creditEntry: credit.entry,
    creditAfter: credit.after,
  }
}

export { transferLine } from './sql.ts'
