import type { Reader } from '../database/reader.ts'
import { findWallets, type WalletName } from '../ledger/wallet-commands.ts'
import { nanosFrom } from '../values/money.ts'
import { type Want, walletKey } from './desk.ts'
import { Recent } from './recent.ts'
import type { Reservation } from './reservation.ts'
import * as sql from './sql.ts'

/** Reservations never change, so those met last are remembered. */
const rememberedMax = 50_000

const absentMax = 50_000

/** What never changes, and so is looked up without a lock, once: which wallets there are, and reservations as made. */
export class Known {
  /** None ever goes away. */
  readonly walletIds = new Map<string, bigint>()
  /** Those of whom there was no wallet when somebody looked: another process may open it at any time. */
  readonly #absent = new Set<string>()
  readonly reservations = new Recent<bigint, Reservation>(rememberedMax)

  /** Looks up what the commands name; nothing to wait for where all is known. */
  resolve(reader: Reader, wants: readonly Want[]): Promise<void> | undefined {
    const reservations: bigint[] = []
    const wallets = new Map<string, WalletName>()
    for (const want of wants) {
      const { reservation } = want
      if (reservation !== undefined && !this.reservations.get(reservation)) reservations.push(reservation)
      else this.eachWallet(want, (key, owner, currency) => this.#missing(wallets, key, owner, currency))
    }
    if (reservations.length === 0 && wallets.size === 0) return undefined
    // Waited for at once, so nothing of it is put off.
    return this.#find({ query: (statement) => reader.query(statement) }, reservations, wallets)
  }

  /** The wallets that a command concerns: of its reservation where it names one. */
  eachWallet(want: Want, take: (key: string, owner: string, currency: string) => void): void {
    const known = want.reservation === undefined ? undefined : this.reservations.get(want.reservation)
    const currency = known?.currency ?? want.currency ?? ''
    for (const owner of known?.owners ?? want.owners) take(walletKey(owner, currency), owner, currency)
  }

  async read(reader: Reader, ids: readonly bigint[]): Promise<readonly Reservation[]> {
    const found = ids.length > 0 ? (await sql.reservationsById(reader, ids)).map(reservationOf) : []
    for (const each of found) this.reservations.put(each.id, each)
    return found
  }

  /**
   * Of the wallets that these commands concern, those that were opened meanwhile: put off behind the locks of the others,
   * because most of them will never be there. Answers whether there are any; then the batch has to lock them as well.
   */
  async lookAgain(reader: Reader, names: readonly WalletName[]): Promise<boolean> {
    if (names.length === 0) return false
    const found = await findWallets(reader, names)
    this.#met(found)
    return found.length > 0
  }

  async #find(reader: Reader, reservations: readonly bigint[], wallets: Map<string, WalletName>): Promise<void> {
    for (const { owners, currency } of await this.read(reader, reservations)) {
      for (const owner of owners) this.#missing(wallets, walletKey(owner, currency), owner, currency)
    }
    if (wallets.size === 0) return
    this.#met(await findWallets(reader, [...wallets.values()]))
    if (this.#absent.size > absentMax) this.#absent.clear()
    for (const key of wallets.keys()) if (!this.walletIds.has(key)) this.#absent.add(key)
  }

  #met(found: readonly { readonly id: string; readonly owner: string; readonly currency: string }[]): void {
    for (const { id, owner, currency } of found) this.walletIds.set(walletKey(owner, currency), BigInt(id))
  }

  #missing(wallets: Map<string, WalletName>, key: string, owner: string, currency: string): void {
    if (!this.walletIds.has(key) && !this.#absent.has(key)) wallets.set(key, { owner, currency })
  }
}

const reservationOf = (row: sql.ReservationRow): Reservation => ({
  id: BigInt(row.id),
  wallet: BigInt(row.wallet),
  payer: row.payer,
  project: row.project,
  person: row.person,
  provider: row.provider,
  owners: row.owners,
  currency: row.currency,
  service: row.service,
  subtype: row.subtype,
  amount: nanosFrom(row.amount),
  overrun: row.overrun,
  at: row.at.getTime(),
  until: row.until.getTime(),
  estimate: row.estimate,
})
