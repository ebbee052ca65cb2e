import { strict as assert } from 'node:assert'
import type { Reader } from '../database/reader.ts'
import { sendRows, type Writer } from '../database/writer.ts'
import { transfersTable } from '../ledger/commands.ts'
import type { AccountName, PostedTransfer } from '../ledger/transfer.ts'
import { writeTransfer } from '../ledger/transfer-row.ts'
import {
  type LockedStripes,
  lockWallets,
  postedOf,
  transferLine,
  type Stripes,
  type WalletName,
  writeWallets,
} from '../ledger/wallet-commands.ts'
import { partiesRevisionLater } from '../parties/commands.ts'
import { markUsedBy, shareBook } from '../pricing/commands.ts'
import { type Books, type Due, MoreWanted } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import { windowStart } from './budget.ts'
import { Desk, type Want, walletKey } from './desk.ts'
import { loadBudgets, loadHoldings, loadWindows, namedWindows, putLot } from './desk-load-commands.ts'
import { rowWriter } from './desk-row-commands.ts'
import { expireHold, expireLot } from './end.ts'
import type { Lot } from './lot.ts'
import { Known } from './known-commands.ts'
import type { Hold, Reservation } from './reservation.ts'
import * as sql from './sql.ts'

/** More that ran out at once waits for the next batch that touches the wallet. */
const dueMax = 1_000

/** What was read behind the locks of a batch, before anybody looked at them. */
type Ahead = {
  readonly stripes: LockedStripes | undefined
  readonly holds: readonly sql.HoldRow[]
  /** Whether a wallet was opened meanwhile. */
  readonly isMore: boolean
}

/** What moved for one reason in one currency. */
export type Moved = { readonly reason: string; readonly currency: string; readonly nanos: bigint }

/** How a batch of the money path reads its wallets under locks, and writes what its plans changed. */
export class DeskBooks implements Books<Want, Desk> {
  readonly #zone: string
  /** The accounts of the house that a lane posts to; a page posts to them by itself. */
  readonly #stripes: Stripes | undefined
  readonly #known = new Known()
  readonly #ahead = new WeakMap<Desk, Ahead>()

  #onMoved: ((moved: Moved) => void) | undefined

  constructor(zone: string, stripes?: Stripes) {
    this.#zone = zone
    this.#stripes = stripes
  }

  /** Told of the money that each batch moved, once it is committed. */
  onMoved(told: (moved: Moved) => void): void {
    this.#onMoved = told
  }

  committed(desk: Desk): void {
    for (const { state, reservation } of desk.changedHolds) {
      if (state === 'new') this.#known.reservations.put(reservation.id, reservation)
    }
    if (!this.#onMoved) return
    const sums = new Map<string, Moved>()
    for (const { posting } of desk.postings) {
      const { reason, currency, nanos } = posting.transfer
      const sum = sums.get(reason + currency)
      sums.set(reason + currency, { reason, currency, nanos: nanos + (sum?.nanos ?? 0n) })
    }
    for (const sum of sums.values()) this.#onMoved(sum)
  }

  resolve(reader: Reader, wants: readonly Want[]): Promise<void> | undefined {
    return this.#known.resolve(reader, wants)
  }

  async lock(writer: Writer, wants: readonly Want[]): Promise<Desk> {
    const desk = new Desk(this.#zone, rowWriter)
    const ids = new Set<bigint>()
    const posted = new Map<string, AccountName & { readonly currency: string }>()
    const asked = new Set<bigint>()
    const absent = new Map<string, WalletName>()
    for (const want of wants) {
      const { reservation, wallets } = want
      this.#known.eachWallet(want, (key, owner, currency) => {
        const id = this.#known.walletIds.get(key)
        if (id !== undefined) ids.add(id)
        else if (!absent.has(key)) absent.set(key, { owner, currency })
      })
      for (const id of wallets ?? []) ids.add(id)
      if (reservation === undefined) continue
      asked.add(reservation)
      const known = this.#known.reservations.get(reservation)
      if (!known) continue
      desk.reservations.set(reservation, known)
      const revenue = revenueOf(known)
      posted.set(`${revenue.owner} ${revenue.currency}`, revenue)
    }
    const shelved = wants.flatMap(({ shelves }) => shelves ?? [])
    // All of them are put off, and go out in this order: wallets, what belongs to them, accounts of the house. Whether
    // others were opened is asked before, while others have the locks; a page looked a moment ago.
    const isAnyMore = this.#stripes ? this.#known.lookAgain(writer, [...absent.values()]) : false
    const locking = ids.size > 0 ? lockWallets(writer, [...ids]) : []
    const holding = asked.size > 0 ? sql.holdsById(writer, [...asked]) : []
    const reading = desk.shelves.read(writer, shelved)
    // Shared until the commit, so that prices change between two batches, never within one.
    const sharing = wants.some(({ book }) => book !== undefined) ? shareBook(writer) : undefined
    // Not shared: an import holds it for long. Whoever changes parties after this look comes after the batch.
    const looking = wants.some(({ parties }) => parties !== undefined) ? partiesRevisionLater(writer) : undefined
    const [wallets, holds, isMore, book, parties, stripes] = await Promise.all([
      locking,
      holding,
      isAnyMore,
      sharing,
      looking,
      this.#stripes?.lock(writer, [...posted.values()]),
      reading,
    ])
    for (const wallet of wallets) {
      desk.wallets.set(walletKey(wallet.owner, wallet.currency), wallet)
      desk.walletsById.set(wallet.id, wallet)
    }
    this.#ahead.set(desk, { holds, stripes, isMore })
    desk.book = book
    desk.parties = parties
    return desk
  }

  notBefore(desk: Desk): number {
    let last = this.#ahead.get(desk)?.stripes?.lastAt ?? 0
    for (const { lastAt } of desk.wallets.values()) if (lastAt > last) last = lastAt
    return last
  }

  async load(writer: Writer, desk: Desk, wants: readonly Want[], at: number): Promise<readonly Due<Desk>[]> {
    const ahead = this.#ahead.get(desk)
    const found = ahead?.holds ?? []
    // A reservation that was made meanwhile, or is forgotten again: its wallets are not locked.
    const isForeign = found.some(({ reservation }) => !desk.reservations.has(BigInt(reservation)))
    if (isForeign || ahead?.isMore) throw new MoreWanted<Want>([])
    const wallets = [...desk.wallets.values()]
    const targets = new Set(wants.flatMap((want) => (want.lots && want.currency ? want.owners : [])))
    const dated = wallets.filter(({ nextExpiry, owner }) => nextExpiry !== null || targets.has(owner))
    if (dated.length > 0) {
      const ids = dated.map(({ id }) => id)
      for (const row of await sql.lotsOfWallets(writer, ids, at)) putLot(desk, row)
    }
    await loadBudgets(writer, desk, at)
    for (const { look } of wants) if (look) await look(writer, desk)
    await loadWindows(writer, desk, windowsToSet(desk, wants, at))
    // A page only spends: what is due waits for a lane.
    const late = this.#stripes ? wallets.filter(({ nextDue }) => nextDue !== null && nextDue <= at) : []
    const due =
      late.length > 0
        ? await sql.dueHolds(
            writer,
            late.map(({ id }) => id),
            at,
            dueMax,
          )
        : []
    // What they give back to budgets above changes these only under their locks.
    const above = due.flatMap(namedWindows).map(({ wallet }) => wallet)
    const missing = [...new Set(above)].filter((id) => !desk.walletsById.has(id))
    if (missing.length > 0) throw new MoreWanted<Want>([{ owners: [], wallets: missing }])
    for (const wallet of late) desk.sweptWallets.add(wallet)
    await this.#loadHolds(writer, desk, [...found, ...due])
    const asked = new Set(wants.map(({ reservation }) => reservation).filter((id) => id !== undefined))
    const ended = [...asked].filter((id) => !desk.holds.has(id) && desk.reservations.has(id))
    for (const row of ended.length > 0 ? await sql.endings(writer, ended) : []) {
      const reservation = desk.reservations.get(BigInt(row.reservation))
      assert(reservation)
      const { kind, steps } = row
      const [until, at] = [row.until?.getTime() ?? reservation.until, row.at.getTime()]
      desk.endings.set(reservation.id, { reservation, kind, until, at, steps, charged: nanosFrom(row.charged) })
    }
    return [
      ...due.map(({ reservation }) => expireHold(BigInt(reservation))),
      ...[...desk.lots.values()]
        .flat()
        .filter(isOver(at))
        .map((lot) => expireLot(lot, desk.walletsById.get(lot.wallet)?.entries ?? 0n)),
    ]
  }

  /** A wallet stays due until what was ended before its time is noted, or it would be swept for ever. */
  hasNotes(desk: Desk): boolean {
    return desk.sweptWallets.size > 0
  }

  async write(writer: Writer, desk: Desk, at: number): Promise<void> {
    const holds = [...desk.changedHolds]
    const of = (state: Hold['state']) => holds.filter((hold) => hold.state === state)
    const opened = of('new')
    if (opened.length > 0) sql.queueHolds(writer, opened)
    const ended = of('ended').map(({ reservation }) => reservation.id)
    if (ended.length > 0) await sql.deleteHolds(writer, ended)
    const changed = of('changed')
    if (changed.length > 0) await sql.updateHolds(writer, changed)
    if (desk.changedLots.size > 0) await sql.putLots(writer, [...desk.changedLots])
    if (desk.changedWindows.size > 0) await sql.putWindows(writer, [...desk.changedWindows])
    await desk.shelves.write(writer)
    await this.#setNextDue(writer, desk)
    await markUsedBy(writer, desk.uses)
    const postings = desk.postings.map(({ posting }) => posting)
    const locked = this.#ahead.get(desk)?.stripes
    const postedAt = locked ? ((await this.#stripes?.post(writer, postings, at, locked)) ?? at) : at
    // Those that nothing was posted to keep their time.
    for (const wallet of desk.changedWallets) wallet.lastAt = postedAt
    await writeWallets(writer, [...desk.changedWallets])
    assert(this.#stripes || desk.postings.length === 0, 'only a lane posts through its desk')
    for (const { posting, turn } of desk.postings) {
      const { operation } = turn
      let posted: PostedTransfer | undefined
      turn.add(
        transfersTable,
        () => transferLine((posted = postedOf(posting)), operation, postedAt),
        (out) => writeTransfer(out, posted ?? postedOf(posting), operation, postedAt),
      )
    }
  }

  /** They never change: the one at hand is as good as the one that is kept. */
  async reservation(reader: Reader, id: bigint): Promise<Reservation | undefined> {
    return this.#known.reservations.get(id) ?? (await this.#known.read(reader, [id]))[0]
  }

  async #setNextDue(writer: Writer, desk: Desk): Promise<void> {
    const swept = [...desk.sweptWallets]
    if (swept.length === 0) return
    // It is looked up in their table, where those of this batch must be.
    await sendRows(writer)
    const next = await sql.nextDue(
      writer,
      swept.map(({ id }) => id),
    )
    const byWallet = new Map(next.map(({ wallet, until }) => [BigInt(wallet), until.getTime()]))
    for (const wallet of swept) {
      wallet.nextDue = byWallet.get(wallet.id) ?? null
      desk.changedWallets.add(wallet)
    }
  }

  async #loadHolds(writer: Writer, desk: Desk, rows: readonly sql.HoldRow[]): Promise<void> {
    const unknown = rows.map(({ reservation }) => BigInt(reservation)).filter((id) => !desk.reservations.has(id))
    for (const id of unknown) {
      const known = this.#known.reservations.get(id)
      if (known) desk.reservations.set(id, known)
    }
    const missing = unknown.filter((id) => !desk.reservations.has(id))
    for (const each of await this.#known.read(writer, missing)) desk.reservations.set(each.id, each)
    for (const row of rows) {
      const reservation = desk.reservations.get(BigInt(row.reservation))
      assert(reservation, 'a hold belongs to a reservation')
      desk.holds.set(reservation.id, {
        reservation,
        held: nanosFrom(row.held),
        charged: nanosFrom(row.charged),
        until: row.until.getTime(),
        steps: row.steps,
        counts: namedWindows(row).map(({ wallet, span, starts, held }) => ({
          window: desk.window(wallet, span, starts, 0n),
          held,
        })),
        holdings: [],
        state: 'stored',
      })
    }
    await loadWindows(
      writer,
      desk,
      rows.flatMap((row) => namedWindows(row)),
    )
    await loadHoldings(writer, desk)
  }
}

/** A budget that is set goes on where one of its span ended before. */
const windowsToSet = (desk: Desk, wants: readonly Want[], at: number): sql.WindowName[] =>
  wants.flatMap(({ span, owners, currency }) => {
    if (span === undefined) return []
    const wallets = owners.map((owner) => desk.wallet(owner, currency ?? '')).filter((wallet) => wallet !== undefined)
    return wallets.map(({ id }) => ({ wallet: id, span, starts: windowStart(span, at, desk.zone) }))
  })

const isOver =
  (at: number) =>
  ({ expiresAt, posted, held }: Lot): boolean =>
    expiresAt <= at && posted > held

/** Where what a reservation costs goes. */
const revenueOf = ({ provider, currency }: Reservation) =>
  ({ owner: provider, kind: 'usage_revenue', currency }) as const
