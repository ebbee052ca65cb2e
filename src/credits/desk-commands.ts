import { strict as assert } from 'node:assert'
import type { Reader } from '../database/reader.ts'
import { sendRows, type Writer } from '../database/writer.ts'
import { transfersTable } from '../ledger/commands.ts'
import { findWallets, lockWallets, postingLine, type Stripes, writeWallets } from '../ledger/wallet-commands.ts'
import { markUsedBy, shareBook } from '../pricing/commands.ts'
import { type Books, type Due, MoreWanted, type Turn } from '../operations/lane-command.ts'
import { nanosFrom } from '../values/money.ts'
import { windowStart } from './budget.ts'
import { Desk, type RowWriter, type Want, walletKey } from './desk.ts'
import { loadBudgets, loadHoldings, loadWindows, namedWindows, putLot } from './desk-load-commands.ts'
import { expireHold, expireLot } from './end.ts'
import type { Lot } from './lot.ts'
import { Recent } from './recent.ts'
import type { Hold, Reservation } from './reservation.ts'
import * as sql from './sql.ts'

/** Reservations never change, so those met last are remembered. */
const rememberedMax = 50_000

/** More that ran out at once waits for the next batch that touches the wallet. */
const dueMax = 1_000

/** What moved for one reason in one currency. */
export type Moved = { readonly reason: string; readonly currency: string; readonly nanos: bigint }

/** How a batch of the money path reads its wallets under locks, and writes what its plans changed. */
export class DeskBooks implements Books<Want, Desk> {
  readonly #zone: string
  /** The accounts of the house that a lane posts to; a page posts to them by itself. */
  readonly #stripes: Stripes | undefined
  /** Ids of wallets that are there; none ever goes away. */
  readonly #walletIds = new Map<string, bigint>()
  readonly #reservations = new Recent<bigint, Reservation>(rememberedMax)

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
    if (!this.#onMoved) return
    const sums = new Map<string, Moved>()
    for (const { posting } of desk.postings) {
      const { reason, currency, nanos } = posting.transfer
      const sum = sums.get(reason + currency)
      sums.set(reason + currency, { reason, currency, nanos: nanos + (sum?.nanos ?? 0n) })
    }
    for (const sum of sums.values()) this.#onMoved(sum)
  }

  async lock(writer: Writer, wants: readonly Want[]): Promise<Desk> {
    const desk = new Desk(this.#zone, rowWriter)
    await this.#resolveReservations(writer, desk, wants)
    const names = new Map<string, { owner: string; currency: string }>()
    const want = (owner: string, currency: string) => {
      const key = walletKey(owner, currency)
      if (!names.has(key)) names.set(key, { owner, currency })
    }
    for (const { owners, currency, reservation } of wants) {
      const known = reservation === undefined ? undefined : desk.reservations.get(reservation)
      for (const owner of known?.owners ?? owners) want(owner, known?.currency ?? currency ?? '')
    }
    const missing = [...names].filter(([key]) => !this.#walletIds.has(key)).map(([, name]) => name)
    if (missing.length > 0) {
      for (const { id, owner, currency } of await findWallets(writer, missing)) {
        this.#walletIds.set(walletKey(owner, currency), BigInt(id))
      }
    }
    const named = [...names.keys()].map((key) => this.#walletIds.get(key)).filter((id) => id !== undefined)
    const ids = [...new Set([...named, ...wants.flatMap((want) => want.wallets ?? [])])]
    for (const wallet of ids.length > 0 ? await lockWallets(writer, ids) : []) {
      desk.wallets.set(walletKey(wallet.owner, wallet.currency), wallet)
      desk.walletsById.set(wallet.id, wallet)
    }
    return desk
  }

  notBefore(desk: Desk): number {
    let last = 0
    for (const { lastAt } of desk.wallets.values()) if (lastAt > last) last = lastAt
    return last
  }

  async load(writer: Writer, desk: Desk, wants: readonly Want[], at: number): Promise<readonly Due<Desk>[]> {
    const wallets = [...desk.wallets.values()]
    const targets = new Set(wants.flatMap((want) => (want.lots && want.currency ? want.owners : [])))
    const dated = wallets.filter(({ nextExpiry, owner }) => nextExpiry !== null || targets.has(owner))
    if (dated.length > 0) {
      const found = await sql.lotsOfWallets(
        writer,
        dated.map(({ id }) => id),
        at,
      )
      for (const row of found) putLot(desk, row)
    }
    await loadBudgets(writer, desk, at)
    const shelved = wants.map(({ shelf }) => shelf).filter((shelf) => shelf !== undefined)
    if (shelved.length > 0) await desk.shelves.read(writer, shelved)
    for (const { look } of wants) if (look) await look(writer, desk)
    await loadWindows(writer, desk, windowsToSet(desk, wants, at))
    // Shared until the commit, so that prices change between two batches, never within one.
    if (wants.some(({ book }) => book !== undefined)) desk.book = await shareBook(writer)
    const asked = new Set(wants.map(({ reservation }) => reservation).filter((id) => id !== undefined))
    const found = asked.size > 0 ? await sql.holdsById(writer, [...asked]) : []
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
      ...[...desk.lots.values()].flat().filter(isOver(at)).map(expireLot),
    ]
  }

  async write(writer: Writer, desk: Desk, at: number): Promise<void> {
    const holds = [...desk.changedHolds]
    const of = (state: Hold['state']) => holds.filter((hold) => hold.state === state)
    const opened = of('new')
    if (opened.length > 0) sql.queueHolds(writer, opened)
    const ended = of('ended').map(({ reservation }) => reservation.id)
    if (ended.length > 0) assert.equal(await sql.deleteHolds(writer, ended), ended.length)
    const changed = of('changed')
    if (changed.length > 0) assert.equal(await sql.updateHolds(writer, changed), changed.length)
    if (desk.changedLots.size > 0) await sql.putLots(writer, [...desk.changedLots])
    if (desk.changedWindows.size > 0) await sql.putWindows(writer, [...desk.changedWindows])
    await desk.shelves.write(writer)
    await this.#setNextDue(writer, desk)
    await markUsedBy(writer, desk.uses)
    const postings = desk.postings.map(({ posting }) => posting)
    const postedAt = (await this.#stripes?.post(writer, postings, at)) ?? at
    // Those that nothing was posted to keep their time.
    for (const wallet of desk.changedWallets) wallet.lastAt = postedAt
    await writeWallets(writer, [...desk.changedWallets])
    assert(this.#stripes || desk.postings.length === 0, 'only a lane posts through its desk')
    for (const { posting, turn } of desk.postings) {
      turn.add(transfersTable, () => postingLine(posting, turn.operation, postedAt))
    }
    for (const { reservation } of opened) this.#reservations.put(reservation.id, reservation)
  }

  /** They never change: the one at hand is as good as the one that is kept. */
  async reservation(reader: Reader, id: bigint): Promise<Reservation | undefined> {
    const known = this.#reservations.get(id)
    if (known) return known
    const [row] = await sql.reservationsById(reader, [id])
    return row && reservationOf(row)
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

  async #resolveReservations(writer: Writer, desk: Desk, wants: readonly Want[]): Promise<void> {
    const missing: bigint[] = []
    for (const { reservation } of wants) {
      if (reservation === undefined) continue
      const known = this.#reservations.get(reservation)
      if (known) desk.reservations.set(reservation, known)
      else missing.push(reservation)
    }
    await this.#read(writer, desk, missing)
  }

  async #read(writer: Writer, desk: Desk, ids: readonly bigint[]): Promise<void> {
    if (ids.length === 0) return
    for (const row of await sql.reservationsById(writer, ids)) {
      const reservation = reservationOf(row)
      this.#reservations.put(reservation.id, reservation)
      desk.reservations.set(reservation.id, reservation)
    }
  }

  async #loadHolds(writer: Writer, desk: Desk, rows: readonly sql.HoldRow[]): Promise<void> {
    const unknown = rows.map(({ reservation }) => BigInt(reservation)).filter((id) => !desk.reservations.has(id))
    for (const id of unknown) {
      const known = this.#reservations.get(id)
      if (known) desk.reservations.set(id, known)
    }
    await this.#read(
      writer,
      desk,
      unknown.filter((id) => !desk.reservations.has(id)),
    )
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

const rowWriter: RowWriter = {
  draw(turn: Turn, draw, reservation) {
    const id = turn.nextId()
    turn.add(sql.drawsTable, () => sql.drawLine(id, draw, reservation, turn.operation))
  },
  reservation(turn, reservation) {
    turn.add(sql.reservationsTable, () => sql.reservationLine(reservation, turn.operation))
  },
  step(turn, reservation, n, step) {
    const id = turn.nextId()
    turn.add(sql.stepsTable, () => sql.stepLine(id, reservation.id, n, step, turn.operation, turn.at))
  },
}
