import type { GivenBack, Spent } from '../credits/page.ts'
import type { RatedLine } from '../pricing/line.ts'
import type { AccountKind } from '../ledger/chart.ts'
import type { Transfer } from '../ledger/transfer.ts'

/**
 * A charge is one rated line of one usage record, posted: the subledger line under a transfer.
 *
 *   accruing ──ends──▶ rated ──▶ charged ──corrected or rated anew──▶ reversed, and charged again
 *                        ├─────▶ free       its price says that it costs nothing
 *                        ├─────▶ unpriced ──a price appears──▶ charged
 *                        └─────▶ uncharged  used before charging began: rated as a memo, never charged
 *
 * A charge is never changed: its reversal is a line of its own, of the same amount the other way.
 */
export type Charge = {
  readonly id: bigint
  readonly record: bigint
  readonly project: string
  readonly provider: string
  readonly component: string
  readonly part: number
  readonly revision: number
  readonly kind: 'charge' | 'reversal' | 'memo'
  readonly period: string
  readonly price: bigint
  /** The revision of the price book that it was rated with. */
  readonly book: number
  /** At nine places; negative in a reversal. */
  readonly quantity: bigint
  readonly nanos: bigint
  readonly currency: string
  readonly transfer: bigint | null
}

export type State = {
  readonly id: bigint
  readonly record: bigint
  readonly period: string
  readonly state: 'accruing' | 'free' | 'unpriced' | 'uncharged' | 'charged'
  readonly reason: string
  readonly book: number
}

/** Charges that tiers or an included volume look at together. */
export type Month = Pick<Charge, 'project' | 'provider' | 'period' | 'price'>

/** Whose usage a line is, and of which record. */
export type Subject = {
  readonly record: bigint
  readonly project: string
  readonly provider: string
  /** Whose budget counts it too, when a wallet pays. */
  readonly person: string | null
}

/** The how-manieth rating of the record this is, and with which revision of the book. */
export type Rated = { readonly revision: number; readonly book: number }

/** Why a record has no charges, or has them now. */
export type Why = {
  readonly outcome: State['state']
  readonly reason: string
  readonly uses?: readonly bigint[]
}

type Sum = Omit<Transfer, 'nanos'> & { nanos: bigint }

/** A project's usage of one provider in one period and currency, with the transfers that sum it. */
type Place = {
  readonly project: string
  readonly provider: string
  readonly period: string
  readonly currency: string
  /** What the project pays from. */
  readonly payer: PayerKind
  owed: Sum | undefined
  back: Sum | undefined
}

type Line = Omit<RatedLine, 'uses'>

/** A postpaid project owes; a prepaid one pays from its wallet. */
export type PayerKind = Extract<AccountKind, 'unbilled_receivable' | 'wallet'>

/** What a charge was paid from, for whose usage, and what was given back of it. */
export type Paid = { readonly payer: PayerKind; readonly person: string | null; readonly refunded: bigint }

const nobody: ReadonlySet<string> = new Set()
const revenue: AccountKind = 'usage_revenue'

/**
 * Gathers the charges of a page and the transfers under them: one transfer for each project, provider, period,
 * currency, direction and way of paying, so that drill-down and proof compare per transfer.
 */
export class ChargeSheet {
  #charges: Charge[] = []
  readonly states: State[] = []
  /** The versions of the price book that decided something here, and so never change any more. */
  readonly uses = new Set<bigint>()
  readonly #used = new WeakSet<readonly bigint[]>()
  /** Where something was charged, by project. */
  readonly #places = new Map<string, Place[]>()
  /** What wallets paid for the usage of each person. */
  readonly spentBy = new Map<string, Spent>()
  /**
   * What comes back to those who paid, and counts no more for people who used it, by the page that charged it; what was
   * refunded before is there already.
   */
  readonly givenBack = new Map<string, GivenBack>()
  /** Refunds of charges that are reversed here. */
  readonly takenBack: { readonly charge: Charge; readonly payer: PayerKind; readonly nanos: bigint }[] = []
  readonly #nextId: () => bigint
  readonly #periodBased: ReadonlySet<bigint>
  /** Where a price that looks at whole periods charged something or gave it back, as `project provider period`. */
  readonly #due = new Set<string>()

  /** UUIDs of projects that pay from their wallets. */
  readonly #prepaid: ReadonlySet<string>

  constructor(nextId: () => bigint, periodBased: ReadonlySet<bigint>, prepaid: ReadonlySet<string> = nobody) {
    this.#nextId = nextId
    this.#periodBased = periodBased
    this.#prepaid = prepaid
  }

  /** The charges gathered since this was asked last: they may be written before the rest is known. */
  takeCharges(): readonly Charge[] {
    const taken = this.#charges
    this.#charges = []
    return taken
  }

  charge(subject: Subject, line: RatedLine, rated: Rated): void {
    this.use(line.uses)
    const payer = this.#prepaid.has(subject.project) ? 'wallet' : 'unbilled_receivable'
    if (payer === 'wallet') this.#countFor(subject.person, line.currency, line.nanos)
    const transfer = this.#transferFor(subject, payer, line.period, line.currency, line.nanos)
    this.#add(subject, line, rated, 'charge', transfer)
  }

  memo(subject: Subject, line: RatedLine, rated: Rated): void {
    this.use(line.uses)
    this.#add(subject, line, rated, 'memo', null)
  }

  /**
   * The exact opposite of a charge made before; the money goes back to where it came from. What had been given back of it
   * before is taken back: it would be given twice.
   */
  reverse(charge: Charge, { payer, person, refunded }: Paid): void {
    if (refunded > 0n) this.takenBack.push({ charge, payer, nanos: refunded })
    if (payer === 'wallet') {
      this.#giveBack(charge, charge.project, charge.nanos - refunded)
      if (person !== null) this.#giveBack(charge, person, charge.nanos - refunded)
    }
    const subject = { ...charge, person }
    const back = { ...charge, quantity: -charge.quantity, nanos: -charge.nanos }
    const transfer = this.#transferFor(subject, payer, back.period, back.currency, back.nanos)
    this.#add(subject, back, charge, 'reversal', transfer)
  }

  state(of: { readonly record: bigint; readonly period: string }, why: Why, book: number): void {
    this.use(why.uses ?? [])
    this.states.push({ id: this.#nextId(), ...of, state: why.outcome, reason: why.reason, book })
  }

  get transfers(): Transfer[] {
    const sums = this.#all.flatMap(({ owed, back }) => [owed, back])
    return sums.filter((sum) => sum !== undefined).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  get #all(): Place[] {
    return [...this.#places.values()].flat()
  }

  /** What it comes to by currency: charges less reversals. */
  get amounts(): Map<string, bigint> {
    const amounts = new Map<string, bigint>()
    for (const { currency, owed, back } of this.#all) {
      amounts.set(currency, (amounts.get(currency) ?? 0n) + (owed?.nanos ?? 0n) - (back?.nanos ?? 0n))
    }
    return amounts
  }

  get due(): string[] {
    return [...this.#due].sort()
  }

  /** What else decided a charge beside its line: the policy. */
  use(versions: readonly bigint[]): void {
    // The same few lists come again with each record.
    if (this.#used.has(versions)) return
    this.#used.add(versions)
    for (const version of versions) this.uses.add(version)
  }

  /** Ids tell their operation: the page that made the charge, and paid for it. */
  #giveBack(charge: Charge, owner: string, nanos: bigint): void {
    const { currency, transfer } = charge
    if (transfer === null || nanos <= 0n) return
    const page = transfer >> 20n
    const key = `${owner} ${currency} ${page}`
    const known = this.givenBack.get(key)
    if (known) known.nanos += nanos
    else this.givenBack.set(key, { owner, currency, pages: [page], nanos })
  }

  #countFor(person: string | null, currency: string, nanos: bigint): void {
    if (person === null) return
    const spent = this.spentBy.get(`${person} ${currency}`)
    if (spent) spent.nanos += nanos
    else this.spentBy.set(`${person} ${currency}`, { owner: person, currency, nanos })
  }

  #add(subject: Subject, line: Line, rated: Rated, kind: Charge['kind'], transfer: bigint | null): void {
    if (kind !== 'memo' && this.#periodBased.size > 0 && this.#periodBased.has(line.price)) {
      this.#due.add(`${subject.project} ${subject.provider} ${line.period}`)
    }
    this.#charges.push({
      id: this.#nextId(),
      record: subject.record,
      project: subject.project,
      provider: subject.provider,
      component: line.component,
      part: line.part,
      revision: rated.revision,
      kind,
      period: line.period,
      price: line.price,
      book: rated.book,
      quantity: line.quantity,
      nanos: line.nanos,
      currency: line.currency,
      transfer,
    })
  }

  /** Money that is owed moves from receivable to revenue; money given back the other way; nothing needs no transfer. */
  #transferFor(subject: Subject, payer: PayerKind, period: string, currency: string, nanos: bigint): bigint | null {
    const place = this.#placeOf(subject, payer, period, currency)
    if (nanos === 0n) return null
    if (nanos > 0n) {
      place.owed ??= this.#transfer(place, 'charge')
      place.owed.nanos += nanos
      return place.owed.id
    }
    place.back ??= this.#transfer(place, 'reversal')
    place.back.nanos -= nanos
    return place.back.id
  }

  #transfer(place: Place, reason: 'charge' | 'reversal'): Sum {
    const { project, provider, period, currency } = place
    const payer = { owner: project, kind: place.payer }
    const earner = { owner: provider, kind: revenue }
    const sides = reason === 'charge' ? { debit: payer, credit: earner } : { debit: earner, credit: payer }
    return { id: this.#nextId(), ...sides, currency, nanos: 0n, reason, period }
  }

  #placeOf({ project, provider }: Subject, payer: PayerKind, period: string, currency: string): Place {
    let places = this.#places.get(project)
    if (!places) this.#places.set(project, (places = []))
    for (const place of places) {
      const isSame = place.period === period && place.currency === currency && place.provider === provider
      if (isSame && place.payer === payer) return place
    }
    const place: Place = { project, provider, period, currency, payer, owed: undefined, back: undefined }
    places.push(place)
    return place
  }
}
