import { Rater, type Usage } from '../charging/rater.ts'
import type { ProjectParty } from '../parties/party.ts'
import type { PriceVersion } from '../pricing/definition.ts'
import type { Rating } from '../pricing/rate.ts'
import { decimalText } from '../values/decimal.ts'
import { nanosFixed } from '../values/money.ts'

type Payer = { readonly tier: string; readonly organisation: string }

const unknownPayer: Payer = { tier: '', organisation: '' }

/** What came out of a rating, as one text that can be compared with what was written. */
export const ratedText = (rating: Rating): string =>
  rating.outcome === 'charged'
    ? textOf(
        rating.lines.map((line) => ({
          ...line,
          quantity: decimalText(line.quantity, 9),
          amount: nanosFixed(line.nanos),
        })),
      )
    : rating.outcome

type WrittenLine = {
  readonly component: string
  readonly part: number | string
  readonly price: bigint | string
  readonly quantity: string
  readonly amount: string
  readonly currency: string
}

export function textOf(lines: readonly WrittenLine[]): string {
  const texts = lines.map((l) => `${l.component} ${l.part} ${l.price} ${l.quantity} ${l.amount} ${l.currency}`)
  return texts.length < 2 ? (texts[0] ?? '') : texts.sort().join('\n')
}

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
  /** Records that fit a payer of former times only. */
  former = 0

  constructor(versions: readonly PriceVersion[], zone: string, payers: ReadonlyMap<string, ProjectParty>) {
    this.#versions = versions
    this.#zone = zone
    this.#payers = payers
    const scopes = (kind: string) => new Set(versions.filter((v) => v.scopeKind === kind).map((v) => v.scope))
    const organisations = ['', ...scopes('organisation')]
    this.#others = ['', ...scopes('tier')].flatMap((tier) =>
      organisations.map((organisation) => ({ tier, organisation })),
    )
  }

  /** Undefined when the book makes of the record what was written; else what it makes. */
  differs(usage: Usage, book: number, isWritten: (rating: Rating) => boolean): string | undefined {
    const rater = this.#rater(book)
    const today = this.#payers.get(usage.project) ?? unknownPayer
    const rating = rater.rate(usage, today)
    if (isWritten(rating)) return undefined
    const fits = (payer: Payer) => isWritten(rater.rate(usage, payer))
    const before = this.#former.get(usage.project)
    const payer = before && fits(before) ? before : this.#others.find(fits)
    if (!payer) return ratedText(rating).replaceAll('\n', ', ')
    this.#former.set(usage.project, payer)
    this.former += 1
    return undefined
  }

  #rater(book: number): Rater {
    let rater = this.#raters.get(book)
    if (!rater) this.#raters.set(book, (rater = new Rater(this.#versions, book, this.#zone)))
    return rater
  }
}
