import type { Look, Turn } from '../operations/lane-command.ts'
import { assert } from '../values/assert.ts'
import { type AccountName, entryOn, type Posting, type Transfer } from '../ledger/transfer.ts'
import { available, restateOverrun, type Wallet } from '../ledger/wallet.ts'
import { periodOf } from '../values/period.ts'
import { type Budget, type BudgetWindow, type Span, use, windowKey, windowStart } from './budget.ts'
import { type Draw, type Holding, type Lot, nextExpiryOf, soonestFirst, spendFrom } from './lot.ts'
import type { Ending, Hold, Reservation, StepKind } from './reservation.ts'
import { Shelves, type ShelfWant } from './shelf.ts'

/** What a command of the money path must see: the wallets of these owners, and this reservation. */
export type Want = {
  readonly currency?: string
  readonly owners: readonly string[]
  readonly reservation?: bigint
  /** The budgets that it sets are of this span: what was used in it before counts. */
  readonly span?: Span
  /** Wallets by number: those above a payer whose reservations ran out. */
  readonly wallets?: readonly bigint[]
  /** Their dated credits too, also where all are used up. */
  readonly lots?: true
  /** What else a command must see, read when the wallets are locked. */
  readonly look?: Look<Desk>
  /** The revision of the price book that the command was priced with. */
  readonly book?: number
  /** The revision of the parties by which its owners, or its prices, were found. */
  readonly parties?: string
  /** Rows of other modules, that change with these wallets only. */
  readonly shelves?: readonly ShelfWant[]
}

/** Asked for several times for each command: a text that was made before is found sooner than made again. */
const walletKeys = new Map<string, Map<string, string>>()
const walletKeysMax = 50_000

export function walletKey(owner: string, currency: string): string {
  let keys = walletKeys.get(currency)
  if (!keys || keys.size >= walletKeysMax) walletKeys.set(currency, (keys = new Map()))
  let key = keys.get(owner)
  if (key === undefined) keys.set(owner, (key = `${owner} ${currency}`))
  return key
}

/** What a plan adds to the history of a reservation. */
export type Step = {
  readonly kind: StepKind
  readonly ends: boolean
  readonly heldDelta: bigint
  readonly charged?: bigint
  readonly absorbed?: bigint
  readonly until?: number
}

const noWindows: readonly BudgetWindow[] = Object.freeze([])

type NewTransfer = Omit<Transfer, 'id' | 'period' | 'currency'>

/**
 * The wallets of one batch under their locks, with everything that belongs to them. Rules look at it and answer plans;
 * a plan that is taken changes it by these verbs, and what changed is written when all plans have run.
 */
export class Desk {
  readonly zone: string
  readonly wallets = new Map<string, Wallet>()
  readonly walletsById = new Map<bigint, Wallet>()
  /** Of wallets that have dated credits, soonest first. */
  readonly lots = new Map<bigint, Lot[]>()
  readonly reservations = new Map<bigint, Reservation>()
  readonly holds = new Map<bigint, Hold>()
  readonly endings = new Map<bigint, Ending>()
  readonly budgets = new Map<bigint, Budget[]>()
  readonly windows = new Map<string, BudgetWindow>()

  /** By settlement, of those that a command looked at: what went back of it so far. */
  readonly refunded = new Map<bigint, bigint>()

  readonly changedWallets = new Set<Wallet>()
  readonly changedLots = new Set<Lot>()
  readonly changedHolds = new Set<Hold>()
  readonly changedWindows = new Set<BudgetWindow>()
  /** Wallets whose holds were swept: when the next one runs out has to be looked up. */
  readonly sweptWallets = new Set<Wallet>()
  /** The revision of the price book under which this batch commits, when a command was priced. */
  book: number | undefined
  /** The revision of the parties at this moment, when a command was found by one. */
  parties: string | undefined
  /** The versions of prices that charge something here, and so never change any more, with the operation that did first. */
  readonly uses = new Map<bigint, bigint>()
  readonly postings: { readonly posting: Posting; readonly turn: Turn }[] = []
  /** Rows of other modules that change with these wallets. */
  readonly shelves = new Shelves()

  readonly #writeRow: RowWriter

  constructor(zone: string, writeRow: RowWriter) {
    this.zone = zone
    this.#writeRow = writeRow
  }

  wallet(owner: string, currency: string): Wallet | undefined {
    return this.wallets.get(walletKey(owner, currency))
  }

  /** What may still be held or spent: nothing where there is no wallet. */
  available(owner: string, currency: string): bigint {
    const wallet = this.wallet(owner, currency)
    return wallet ? available(wallet) : 0n
  }

  lotsOf(wallet: Wallet): Lot[] {
    return this.lots.get(wallet.id) ?? []
  }

  /** The budgets of all who are concerned, as windows of this moment. */
  windowsOf(owners: readonly string[], currency: string, at: number): readonly BudgetWindow[] {
    let found: BudgetWindow[] | undefined
    for (const owner of owners) {
      const wallet = this.wallet(owner, currency)
      if (!wallet || wallet.budgets === 0) continue
      for (const budget of this.budgets.get(wallet.id) ?? []) {
        const window = this.window(wallet.id, budget.span, windowStart(budget.span, at, this.zone), budget.amount)
        ;(found ??= []).push(window)
      }
    }
    return found ?? noWindows
  }

  /** One window; a new one when nothing was used in it yet. */
  window(wallet: bigint, span: Span, starts: string, amount: bigint): BudgetWindow {
    const key = windowKey(wallet, span, starts)
    let window = this.windows.get(key)
    if (!window) this.windows.set(key, (window = { wallet, span, starts, amount, used: 0n, overrun: 0n }))
    return window
  }

  hold(wallet: Wallet, nanos: bigint): void {
    wallet.held += nanos
    restateOverrun(wallet)
    this.changedWallets.add(wallet)
  }

  use(windows: readonly BudgetWindow[], nanos: bigint): void {
    if (nanos === 0n) return
    for (const window of windows) {
      use(window, nanos)
      this.changedWindows.add(window)
    }
  }

  /** What it held and nobody spent may be used again. */
  giveBackCounts({ counts }: Hold): void {
    for (const { window, held } of counts) this.use([window], -held)
    counts.length = 0
  }

  /** Moves lots; what a reservation holds of them moves along. */
  draw(turn: Turn, draws: readonly Draw[], hold: Hold | undefined): void {
    for (const { lot, posted, held, ...more } of draws) {
      lot.posted += posted
      lot.held += held
      this.changedLots.add(lot)
      if (hold && held !== 0n) moveHolding(hold.holdings, lot, held)
      this.#writeRow.draw(turn, { lot, posted, held, ...more }, hold?.reservation.id ?? null)
      const wallet = this.walletsById.get(lot.wallet)
      assert(wallet, 'a lot belongs to a wallet at hand')
      wallet.nextExpiry = nextExpiryOf(this.lotsOf(wallet))
      this.changedWallets.add(wallet)
    }
  }

  /** Debt is paid first: no dated credits are left beside it but what reservations hold. */
  payDebt(turn: Turn, wallet: Wallet): void {
    if (wallet.nextExpiry === null) return
    const lots = this.lotsOf(wallet)
    const owed = lots.reduce((sum, { posted }) => sum + posted, 0n) - wallet.posted
    if (owed > 0n) this.draw(turn, spendFrom(lots, owed, turn.at), undefined)
  }

  addLot(wallet: Wallet, lot: Lot): void {
    const lots = [...this.lotsOf(wallet), lot].sort(soonestFirst)
    this.lots.set(wallet.id, lots)
  }

  /** Moves money; a wallet's side is posted at once, a side of the house when all plans have run. */
  post(turn: Turn, wanted: NewTransfer, currency: string): bigint {
    const transfer: Transfer = { ...wanted, currency, id: turn.nextId(), period: periodOf(turn.at, this.zone) }
    const side = (name: AccountName, of: 'debit' | 'credit') => {
      if (name.kind !== 'wallet') return undefined
      const wallet = this.wallet(name.owner, currency)
      assert(wallet, 'a wallet is there before money moves through it')
      const entry = entryOn(wallet, of, transfer.nanos)
      wallet.lastAt = turn.at
      restateOverrun(wallet)
      this.changedWallets.add(wallet)
      return entry
    }
    const posting: Posting = { transfer, debit: side(transfer.debit, 'debit'), credit: side(transfer.credit, 'credit') }
    this.postings.push({ posting, turn })
    return transfer.id
  }

  open(turn: Turn, hold: Hold): void {
    const { reservation } = hold
    this.reservations.set(reservation.id, reservation)
    this.holds.set(reservation.id, hold)
    this.changedHolds.add(hold)
    this.#writeRow.reservation(turn, reservation)
  }

  /** Writes one step of a reservation's history, and moves its hold along. */
  step(turn: Turn, hold: Hold, step: Step): void {
    hold.steps += 1
    hold.held += step.heldDelta
    hold.charged += step.charged ?? 0n
    if (step.until !== undefined) hold.until = step.until
    const isNew = hold.state === 'new'
    hold.state = step.ends ? (isNew ? 'new-ended' : 'ended') : isNew ? 'new' : 'changed'
    this.changedHolds.add(hold)
    const { reservation, steps, charged } = hold
    if (step.ends) {
      this.holds.delete(reservation.id)
      this.endings.set(reservation.id, { reservation, kind: step.kind, until: hold.until, at: turn.at, steps, charged })
    }
    this.#writeRow.step(turn, reservation, steps, step)
  }

  /** What comes after the end: usage that was told late. */
  afterwards(turn: Turn, ending: Ending, step: Step): void {
    ending.steps += 1
    this.endings.set(ending.reservation.id, {
      ...ending,
      kind: step.kind,
      charged: ending.charged + (step.charged ?? 0n),
    })
    this.#writeRow.step(turn, ending.reservation, ending.steps, step)
  }
}

/** Rows that belong to one operation; how they look is the database's business. */
export type RowWriter = {
  draw(turn: Turn, draw: Draw, reservation: bigint | null): void
  reservation(turn: Turn, reservation: Reservation): void
  step(turn: Turn, reservation: Reservation, n: number, step: Step): void
}

function moveHolding(holdings: Holding[], lot: Lot, held: bigint): void {
  const known = holdings.find((holding) => holding.lot === lot)
  if (known) known.held += held
  else {
    holdings.push({ lot, held })
    holdings.sort((a, b) => soonestFirst(a.lot, b.lot))
  }
}
