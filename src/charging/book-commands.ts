import type { Writer } from '../database/writer.ts'
import type { Reader } from '../database/reader.ts'
import { loadBook, shareBook } from '../pricing/commands.ts'
import { isPeriodBased, type PriceDefinition, type PriceVersion } from '../pricing/definition.ts'
import { Rater } from './rater.ts'

/**
 * The price book as the pages of one process use it: loaded once per revision. A page shares the book's row until
 * it commits, so that prices change between two pages, never within one.
 */
export class Raters {
  readonly #zone: string
  #versions: ReadonlyMap<bigint, PriceVersion> = new Map()
  #periodBased: ReadonlySet<bigint> = new Set()
  #revision = -1
  #raters = new Map<number, Rater>()

  constructor(zone: string) {
    this.#zone = zone
  }

  /** The versions loaded last, by their id. */
  get versions(): ReadonlyMap<bigint, PriceVersion> {
    return this.#versions
  }

  /** Those of them whose tiers or included volumes look at a whole period. */
  get periodBased(): ReadonlySet<bigint> {
    return this.#periodBased
  }

  /** Rates with the book as it stands now, and keeps it so until the operation ends. */
  async current(writer: Writer): Promise<Rater> {
    return await this.#load(writer, await shareBook(writer))
  }

  /** The same, for looking only. */
  async now(reader: Reader): Promise<Rater> {
    return await this.#load(reader, (await loadBook(reader)).revision)
  }

  /** Rates with the book as it stood at an earlier revision: rows of it are only ever added. */
  async at(reader: Reader, revision: number): Promise<Rater> {
    if (this.#revision < revision) await this.now(reader)
    return this.#rater(revision)
  }

  async #load(reader: Reader, revision: number): Promise<Rater> {
    if (revision !== this.#revision) {
      const book = await loadBook(reader)
      this.#versions = new Map(book.versions.map((version) => [version.id, version]))
      this.#periodBased = new Set(book.versions.filter(looksAtPeriods).map(({ id }) => id))
      this.#revision = book.revision
      this.#raters = new Map()
    }
    return this.#rater(this.#revision)
  }

  #rater(revision: number): Rater {
    let rater = this.#raters.get(revision)
    if (!rater) {
      rater = new Rater([...this.#versions.values()], revision, this.#zone)
      this.#raters.set(revision, rater)
    }
    return rater
  }
}

/** The same where no rater is at hand. */
export const periodBasedNow = async (reader: Reader): Promise<bigint[]> =>
  (await loadBook(reader)).versions.filter(looksAtPeriods).map(({ id }) => id)

/** Whether its tiers or its included volume look at a whole period. */
export const looksAtPeriods = ({ kind, definition }: PriceVersion): boolean =>
  kind === 'price' && definition !== null && isPeriodBased(definition as PriceDefinition)
