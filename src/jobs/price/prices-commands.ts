import type { Reader } from '../../database/reader.ts'
import type { House } from '../../operations/house.ts'
import { JobPriceBook, type Subtype } from './book.ts'
import * as sql from './sql.ts'

/** So long others' changes go unseen: a change is in force everywhere after it. */
const rememberedFor = 1_000

/** All prices, discounts and subtypes of jobs, in memory: who reserves, estimates and charges makes no query for them. */
export class JobPrices {
  readonly #house: House
  #book: JobPriceBook | undefined
  #revision = -1n
  #since = Number.NEGATIVE_INFINITY
  #looking: Promise<JobPriceBook> | undefined
  /** How often it was said here that something changed, and how often it had been when the book was last looked at. */
  #changes = 0
  #seen = 0

  constructor(house: House) {
    this.#house = house
  }

  /** As it is now, or was less than a second ago. */
  async book(): Promise<JobPriceBook> {
    let book = this.known()
    const changes = this.#changes
    while (!book) {
      const looked = await (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)))
      // Others' look may have begun before a change that was said here.
      if (this.#seen >= changes) book = looked
    }
    return book
  }

  /** The same without waiting; undefined when somebody has to look first. */
  known(): JobPriceBook | undefined {
    return performance.now() - this.#since <= rememberedFor ? this.#book : undefined
  }

  /** As they were when the book was last asked for: doors ask before they read a request. */
  get subtypes(): readonly Subtype[] {
    return this.#book?.subtypes ?? []
  }

  /** To be said by whoever has changed something: it is in force here at once. */
  changed(): void {
    this.#changes += 1
    this.#since = Number.NEGATIVE_INFINITY
  }

  async #look(): Promise<JobPriceBook> {
    const changes = this.#changes
    const now = performance.now()
    const reader = this.#house.database.pool
    const revision = await sql.revision(reader)
    if (revision !== this.#revision || !this.#book) {
      // What comes in between is then loaded twice, never missed.
      this.#book = await loadJobPrices(reader)
      this.#revision = revision
    }
    this.#seen = changes
    if (changes === this.#changes) this.#since = now
    return this.#book
  }
}

/** As it stands where the reader looks. */
export async function loadJobPrices(reader: Reader): Promise<JobPriceBook> {
  const prices = await sql.prices(reader)
  const discounts = await sql.discounts(reader)
  return new JobPriceBook({ prices, discounts, subtypes: await sql.subtypes(reader) })
}
