import { Rater, type Usage } from '../charging/rater.ts'
import type { ProjectParty } from '../parties/party.ts'
import type { PriceVersion } from '../pricing/definition.ts'
import type { RatedLine, Rating } from '../pricing/rate.ts'
import { decimalText } from '../values/decimal.ts'
import { nanosFixed } from '../values/money.ts'

type Payer = { readonly tier: string; readonly organisation: string }

const unknownPayer: Payer = { tier: '', organisation: '' }

type Line = {
  readonly component: string
  readonly part: string
  readonly price: string
  readonly quantity: string
  readonly amount: string
  readonly currency: string
}

const lineOf = (line: RatedLine): Line => ({
  component: line.component,
  part: String(line.part),
  price: String(line.price),
  quantity: decimalText(line.quantity, 9),
  amount: nanosFixed(line.nanos),
  currency: line.currency,
})

const isSame = (a: Line, b: Line): boolean =>
  a.amount === b.amount &&
  a.quantity === b.quantity &&
  a.component === b.component &&
  a.part === b.part &&
  a.price === b.price &&
  a.currency === b.currency

/** Whether these lines are what the rating made: all of them, and nothing else. */
export function isMadeBy(rating: Rating, lines: readonly Line[]): boolean {
  if (rating.outcome !== 'charged' || rating.lines.length !== lines.length) return false
  // They are written in the order in which they are rated; another order is as good.
  return rating.lines.every((rated, index) => {
    const line = lineOf(rated)
    const written = lines[index] as Line
    return isSame(line, written) || lines.some((other) => isSame(line, other))
  })
}

const ratedText = (rating: Rating): string =>
  rating.outcome === 'charged'
    ? rating.lines.map((line) => Object.values(lineOf(line)).join(' ')).join(', ')
    : rating.outcome

/**
 * Rates records once more, with the book as it stood. A project's tier and organisation may have changed since, and
 * are not written down with a charge; so what was written is right when it is what the book makes of the record
 * for the payer of today, or for any tier and organisation that the book knows.
 */
export class Again {
  readonly #versions: readonly PriceVersion[]
  readonly #zone: string
  readonly #payers: ReadonlyMap<string, ProjectParty>
  readonly #raters = new Map<number, Rater>()
  readonly #others: readonly Payer[]
  /** The payer that fitted last, by project. */
  readonly #former = new Map<string, Payer>()
  /** Versions that are marked as used, and so never change. */
  readonly #marked: ReadonlySet<bigint>
  readonly #missing = new WeakMap<readonly bigint[], readonly bigint[]>()
  /** Records that fit a payer of former times only. */
  former = 0
  /** Versions that decided what a record is charged and are not marked, each with the first such record. */
  readonly unmarked = new Map<bigint, number>()

  constructor(
    versions: readonly PriceVersion[],
    zone: string,
    payers: ReadonlyMap<string, ProjectParty>,
    marked: ReadonlySet<bigint>,
  ) {
    this.#versions = versions
    this.#marked = marked
    this.#zone = zone
    this.#payers = payers
    const scopes = (kind: string) => new Set(versions.filter((v) => v.scopeKind === kind).map((v) => v.scope))
    const organisations = ['', ...scopes('organisation')]
    this.#others = ['', ...scopes('tier')].flatMap((tier) =>
      organisations.map((organisation) => ({ tier, organisation })),
    )
  }

  /** Undefined when the book makes of the record what was written; else what it makes. */
  differs(
    usage: Usage,
    { book, record }: { readonly book: number; readonly record: number },
    isWritten: (rating: Rating) => boolean,
  ): string | undefined {
    const rater = this.#rater(book)
    const today = this.#payers.get(usage.project)
    const rating = today ? rater.rateFor(usage, today, usage.person) : rater.rate(usage, unknownPayer)
    const isOfToday = isWritten(rating)
    const unmarked = isOfToday ? this.#unmarkedOf(rating) : []
    if (isOfToday && unmarked.length === 0) return undefined
    // For the payer of then another policy may have said the same.
    const fits = (payer: Payer) => {
      const then = rater.rate(usage, payer)
      return isWritten(then) && (!isOfToday || this.#unmarkedOf(then).length === 0)
    }
    const before = this.#former.get(usage.project)
    const payer = before && fits(before) ? before : this.#others.find(fits)
    if (payer) {
      this.#former.set(usage.project, payer)
      this.former += 1
      if (!isOfToday) this.#note(this.#unmarkedOf(rater.rate(usage, payer)), record)
      return undefined
    }
    if (!isOfToday) return ratedText(rating)
    this.#note(unmarked, record)
    return undefined
  }

  #unmarkedOf(rating: Rating): readonly bigint[] {
    const lists = rating.outcome === 'charged' ? [rating.uses, ...rating.lines.map(({ uses }) => uses)] : [rating.uses]
    return lists.flatMap((uses) => this.#withoutMark(uses))
  }

  #withoutMark(uses: readonly bigint[]): readonly bigint[] {
    // The same few lists come again with each record.
    let missing = this.#missing.get(uses)
    if (!missing) this.#missing.set(uses, (missing = uses.filter((version) => !this.#marked.has(version))))
    return missing
  }

  #note(versions: readonly bigint[], record: number): void {
    for (const version of versions) if (!this.unmarked.has(version)) this.unmarked.set(version, record)
  }

  #rater(book: number): Rater {
    let rater = this.#raters.get(book)
    if (!rater) this.#raters.set(book, (rater = new Rater(this.#versions, book, this.#zone)))
    return rater
  }
}
