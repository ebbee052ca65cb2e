import { Problem } from '../http/problem.ts'
import type { House } from '../operations/house.ts'
import { Raters } from './book-commands.ts'
import type { ProjectPayer } from './payer-commands.ts'
import type { Rater } from './rater.ts'
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

type Quantities = Readonly<Record<string, string>>

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

  /** At once, by the book that is at hand; undefined when there is none, or it has no such price. */
  known(subject: Subject, payer: ProjectPayer, quantities: Quantities): Priced | undefined {
    const priced = this.#rater && pricedBy(this.#rater, subject, payer, quantities)
    return typeof priced === 'string' ? undefined : priced
  }

  /** By the book as it is now. @throws Problem `no-price` when nothing says what it costs, or it costs in another currency */
  async price(subject: Subject, payer: ProjectPayer, quantities: Quantities): Promise<Priced> {
    this.#rater = await this.#raters.now(this.#house.database.pool)
    const priced = pricedBy(this.#rater, subject, payer, quantities)
    if (typeof priced === 'string') throw new Problem('no-price', { detail: priced })
    return priced
  }
}

const noDimensions = {}

/** What it costs, or why nothing says that. */
function pricedBy(rater: Rater, subject: Subject, payer: ProjectPayer, quantities: Quantities): Priced | string {
  const { service, subtype, person, currency } = subject
  const now = Date.now()
  const used = { service, subtype, startsAt: now, endsAt: now, quantities, dimensions: noDimensions }
  const rating = rater.rateFor(used, payer, person)
  const book = rater.revision
  if (rating.outcome === 'free') return { quantities, lines: [], uses: rating.uses, book }
  if (rating.outcome !== 'charged') return rating.reason
  const uses = [...rating.uses]
  for (const line of rating.lines) {
    if (line.currency !== currency) return `${line.component} is priced in ${line.currency}, not in ${currency}`
    uses.push(...line.uses)
  }
  return { quantities, lines: rating.lines, uses, book }
}
