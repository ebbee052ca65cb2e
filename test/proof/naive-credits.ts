import {
  addTo,
  type Expected,
  type NaiveLot,
  type NaiveReservation,
  type NaiveWallet,
  type NaiveWindow,
  type Span,
  text,
} from './naive-wallet.ts'

const siteOffset = 7 * 3_600_000
const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n)
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)

const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/**
 * The second account of credits: plain arrays, sums over everything, no code of Bursar's. Nothing is kept that can be
 * added up, and whatever ends is thrown away.
 */
export class NaiveCredits {
  wallets = new Map<string, NaiveWallet>()
  open: NaiveReservation[] = []
  windows: NaiveWindow[] = []
  now = 0
  grants = 0
  /** What ran out of each lot in the step at hand. */
  readonly #lost = new Map<NaiveLot, bigint>()

  wallet(owner: string): NaiveWallet {
    let wallet = this.wallets.get(owner)
    if (!wallet) this.wallets.set(owner, (wallet = { owner, posted: 0n, limit: 0n, lots: [], budgets: new Map() }))
    return wallet
  }

  held(owner: string): bigint {
    return sum(this.open.filter(({ payer }) => payer === owner).map(({ held }) => held))
  }

  heldOf(lot: NaiveLot): bigint {
    return sum(this.open.flatMap(({ parts }) => parts.filter((part) => part.lot === lot).map(({ amount }) => amount)))
  }

  available(owner: string): bigint {
    const { posted, limit } = this.wallet(owner)
    return posted - this.held(owner) + limit
  }

  overrun(owner: string): bigint {
    const available = this.available(owner)
    return available < 0n ? -available : 0n
  }

  /** To try something on: deep, with everything that points at each other. */
  copy(): NaiveCredits {
    const { wallets, open, windows, now, grants } = this
    return Object.assign(new NaiveCredits(), structuredClone({ wallets, open, windows, now, grants }))
  }

  /** What ran out in the wallets that a batch touches, and in those whose budgets it counted in. */
  expire(touched: ReadonlySet<string>): void {
    for (const wallet of this.wallets.values()) wallet.lots = wallet.lots.filter(({ left }) => left > 0n)
    const all = new Set(touched)
    const due = () => this.open.filter(({ payer, until }) => all.has(payer) && until <= this.now)
    for (let size = 0; size !== all.size; ) {
      size = all.size
      for (const { counts } of due()) for (const { window, held } of counts) if (held > 0n) all.add(window.wallet.owner)
    }
    const late = due().sort((a, b) => a.until - b.until || (a.id < b.id ? -1 : 1))
    for (const reservation of late) this.#end(reservation, 'expired')
    for (const owner of all) {
      const wallet = this.wallet(owner)
      for (const lot of wallet.lots) if (lot.expires <= this.now) this.lose(wallet, lot, lot.left - this.heldOf(lot))
    }
  }

  grant(owner: string, nanos: bigint, expires: number | null): Expected {
    const wallet = this.wallet(owner)
    if (expires !== null && expires <= this.now) return { refused: ['request-invalid'] }
    wallet.posted += nanos
    this.grants += 1
    if (expires !== null) this.addLot(wallet, { grant: this.grants, expires, left: nanos })
    this.payDebt(wallet)
    return { tells: { amount: text(nanos), available: text(this.available(owner)), expiresAt: time(expires) } }
  }

  move(from: string, to: string, nanos: bigint): Expected {
    const [source, target] = [this.wallet(from), this.wallet(to)]
    if (source.posted - this.held(from) < nanos) return { refused: ['insufficient-credits'] }
    for (const { lot, amount } of this.#takeFree(source, nanos)) {
      lot.left -= amount
      const there = target.lots.find(({ grant }) => grant === lot.grant)
      if (there) there.left += amount
      else this.addLot(target, { ...lot, left: amount })
    }
    source.posted -= nanos
    target.posted += nanos
    this.payDebt(target)
    return { tells: { from: text(this.available(from)), to: text(this.available(to)) } }
  }

  limit(owner: string, nanos: bigint): Expected {
    this.wallet(owner).limit = nanos
    return { tells: { creditLimit: text(nanos), available: text(this.available(owner)) } }
  }

  budget(owner: string, span: Span, nanos: bigint | null): Expected {
    const wallet = this.wallet(owner)
    if (nanos === null) wallet.budgets.delete(span)
    else {
      wallet.budgets.set(span, nanos)
      this.#window(wallet, span, nanos).amount = nanos
    }
    return { tells: { span, amount: nanos === null ? null : text(nanos) } }
  }

  hold(asked: Pick<NaiveReservation, 'payer' | 'owners' | 'policy'>, nanos: bigint, seconds: number) {
    const windows = this.#windowsOf(asked.owners)
    const refused = this.#refusals(asked.payer, windows, nanos)
    if (refused.length > 0) return { expected: { refused }, reservation: undefined }
    const until = this.now + seconds * 1000
    const reservation: NaiveReservation = {
      ...asked,
      id: 0n,
      held: 0n,
      charged: 0n,
      until,
      parts: [],
      counts: [],
      settlements: [],
      state: 'held',
    }
    this.open.push(reservation)
    this.#setAside(reservation, nanos, windows)
    return { expected: this.#tells(reservation, { available: text(this.available(asked.payer)) }), reservation }
  }

  grow(reservation: NaiveReservation, nanos: bigint): Expected {
    if (reservation.state !== 'held') return { refused: ['reservation-closed'] }
    const windows = this.#windowsOf(reservation.owners)
    const refused = this.#refusals(reservation.payer, windows, nanos)
    if (refused.length > 0) return { refused }
    this.#setAside(reservation, nanos, windows)
    return this.#tells(reservation, { available: text(this.available(reservation.payer)) })
  }

  extend(reservation: NaiveReservation, seconds: number): Expected {
    if (reservation.state !== 'held') return { refused: ['reservation-closed'] }
    reservation.until = Math.max(reservation.until, this.now + seconds * 1000)
    return this.#tells(reservation, {})
  }

  release(reservation: NaiveReservation): Expected {
    if (reservation.state !== 'held') return { refused: ['reservation-closed'] }
    const given = this.#end(reservation, 'released')
    return this.#tells(reservation, given)
  }

  settle(reservation: NaiveReservation, nanos: bigint, last: boolean): Expected {
    const late = reservation.state === 'expired'
    if (reservation.state !== 'held' && !late) return { refused: ['reservation-closed'] }
    const wallet = this.wallet(reservation.payer)
    const before = wallet.lots.map((lot) => ({ lot, left: lot.left }))
    this.#lost.clear()
    const covered = lesser(reservation.held, nanos)
    const counted = new Map<NaiveWindow, bigint>()
    for (const { window, held } of reservation.counts) addTo(counted, window, held)
    this.#spendHeld(wallet, reservation, covered)
    for (const { window, held } of reservation.counts) addTo(counted, window, -held)
    const given = last && !late ? this.#end(reservation, 'settled') : { released: '0', expired: '0' }
    reservation.charged += nanos
    const free = this.available(reservation.payer)
    const beyond = nanos - covered
    const most = { charge: beyond, absorb: 0n, 'charge-to-zero': free > 0n ? lesser(free, beyond) : 0n }
    const paid = most[reservation.policy]
    for (const { lot, amount } of this.#takeFree(wallet, paid)) lot.left -= amount
    wallet.posted -= paid
    for (const window of this.#windowsOf(reservation.owners)) {
      window.used += paid
      addTo(counted, window, paid)
    }
    if (late) reservation.state = 'settled'
    this.payDebt(wallet)
    const spent = before
      .map(({ lot, left }) => ({ lot, amount: left - lot.left - (this.#lost.get(lot) ?? 0n) }))
      .filter(({ amount }) => amount > 0n)
    reservation.settlements.push({ paid: covered + paid, back: 0n, spent, counted })
    return this.#tells(reservation, { ...given, settled: text(nanos), absorbed: text(beyond - paid) })
  }

  #tells({ state, held, charged, until }: NaiveReservation, more: Readonly<Record<string, string>>): Expected {
    return { tells: { state, held: text(held), charged: text(charged), until: time(until), ...more } }
  }

  #refusals(payer: string, windows: readonly NaiveWindow[], nanos: bigint): string[] {
    const short = this.available(payer) < nanos ? ['insufficient-credits'] : []
    return windows.some(({ used, amount }) => used + nanos > amount) ? [...short, 'budget-exhausted'] : short
  }

  #setAside(reservation: NaiveReservation, nanos: bigint, windows: readonly NaiveWindow[]): void {
    const taken = this.#takeFree(this.wallet(reservation.payer), nanos)
    for (const { lot, amount } of taken) {
      const part = reservation.parts.find((each) => each.lot === lot)
      if (part) part.amount += amount
      else reservation.parts.push({ lot, amount })
    }
    reservation.held += nanos
    for (const window of windows) {
      window.used += nanos
      reservation.counts.push({ window, held: nanos })
    }
  }

  #spendHeld(wallet: NaiveWallet, reservation: NaiveReservation, nanos: bigint): void {
    let open = nanos
    for (const part of reservation.parts.toSorted((a, b) => order(wallet, a.lot, b.lot))) {
      const spent = lesser(part.amount, open)
      part.amount -= spent
      part.lot.left -= spent
      open -= spent
    }
    reservation.held -= nanos
    wallet.posted -= nanos
    this.#countSpent(reservation)
  }

  /** No more of it counts in a budget than is held: what was set aside first is spent first. */
  #countSpent({ counts, held }: NaiveReservation): void {
    for (const count of counts) {
      const same = counts.filter(
        ({ window }) => window.wallet === count.window.wallet && window.span === count.window.span,
      )
      const over = sum(same.map((each) => each.held)) - held
      if (over > 0n) count.held -= lesser(over, count.held)
    }
  }

  /** Gives back what is held; of credits that ran out meanwhile, nothing comes back. */
  #end(reservation: NaiveReservation, state: NaiveReservation['state']) {
    const wallet = this.wallet(reservation.payer)
    for (const { window, held } of reservation.counts) window.used -= held
    reservation.counts = []
    this.open = this.open.filter((each) => each !== reservation)
    const over = reservation.parts.filter(({ lot }) => lot.expires <= this.now)
    for (const { lot, amount } of over) this.lose(wallet, lot, amount)
    const expired = sum(over.map(({ amount }) => amount))
    const given = { released: text(reservation.held - expired), expired: text(expired) }
    reservation.held = 0n
    reservation.parts.length = 0
    reservation.state = state
    this.payDebt(wallet)
    return given
  }

  lose(wallet: NaiveWallet, lot: NaiveLot, nanos: bigint): void {
    this.#lost.set(lot, (this.#lost.get(lot) ?? 0n) + nanos)
    lot.left -= nanos
    wallet.posted -= nanos
  }

  payDebt(wallet: NaiveWallet): void {
    const owed = sum(wallet.lots.map(({ left }) => left)) - wallet.posted
    if (owed > 0n) for (const { lot, amount } of this.#takeFree(wallet, owed)) lot.left -= amount
  }

  /** Of lots that nobody holds and that are still good, the soonest first. */
  #takeFree(wallet: NaiveWallet, nanos: bigint): { lot: NaiveLot; amount: bigint }[] {
    let open = nanos
    return wallet.lots.flatMap((lot) => {
      const amount = lot.expires <= this.now ? 0n : lesser(lot.left - this.heldOf(lot), open)
      open -= amount
      return amount > 0n ? [{ lot, amount }] : []
    })
  }

  addLot(wallet: NaiveWallet, lot: NaiveLot): void {
    wallet.lots.push(lot)
    wallet.lots.sort((a, b) => a.expires - b.expires)
  }

  #windowsOf(owners: readonly string[]): NaiveWindow[] {
    const wallets = owners.map((owner) => this.wallet(owner))
    return wallets.flatMap((wallet) => [...wallet.budgets].map(([span, nanos]) => this.#window(wallet, span, nanos)))
  }

  #window(wallet: NaiveWallet, span: Span, amount: bigint): NaiveWindow {
    const day = new Date(this.now + siteOffset).toISOString().slice(0, 10)
    const starts = { day, month: `${day.slice(0, 7)}-01`, total: '0001-01-01' }[span]
    const there = this.windows.find((each) => each.wallet === wallet && each.span === span && each.starts === starts)
    if (there) return there
    const window = { wallet, span, starts, amount, used: 0n }
    this.windows.push(window)
    return window
  }
}

const order = (wallet: NaiveWallet, a: NaiveLot, b: NaiveLot): number => wallet.lots.indexOf(a) - wallet.lots.indexOf(b)
