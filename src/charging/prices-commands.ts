import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { Raters } from './book-commands.ts'
import type { Payer, Rater } from './rater.ts'
import type { Priced } from './settlement/settlement.ts'

/** Whose usage is priced, and of what. */
export type Subject = {
  readonly project: string | null
  readonly person: string | null
  readonly payer: string
  readonly service: string
  readonly subtype: string
  readonly currency: string
}

/**
 * Prices usage now, with the price book held in memory: whoever commits under it says so, and prices anew when the book
 * has another revision by then.
 */
export class Prices {
  readonly #house: House
  readonly #raters: Raters
  #rater: Rater | undefined

  constructor(house: House) {
    this.#house = house
    this.#raters = new Raters(house.zone)
  }

  /** @throws Problem `no-price` when nothing says what it costs, or it costs in another currency */
  async price(
    subject: Subject,
    payer: Payer,
    quantities: Readonly<Record<string, string>>,
    fresh: boolean,
  ): Promise<Priced> {
    if (fresh || !this.#rater) this.#rater = await this.#raters.now(this.#house.database.pool)
    const { service, subtype, person, currency } = subject
    const now = Date.now()
    const used = { service, subtype, startsAt: now, endsAt: now, quantities, dimensions: {} }
    const rating = this.#rater.rate({ ...used, project: subject.project ?? subject.payer, person }, payer)
    const book = this.#rater.revision
    if (rating.outcome === 'free') return { quantities, lines: [], uses: rating.uses, book }
    if (rating.outcome !== 'charged') {
      // An older book may lack what a newer one prices.
      if (!fresh) return await this.price(subject, payer, quantities, true)
      throw new Problem('no-price', { detail: rating.reason })
    }
    const other = rating.lines.find((line) => line.currency !== currency)
    if (other) {
      throw new Problem('no-price', { detail: `${other.component} is priced in ${other.currency}, not in ${currency}` })
    }
    return {
      quantities,
      lines: rating.lines,
      uses: [...rating.uses, ...rating.lines.flatMap(({ uses }) => uses)],
      book,
    }
  }
}
