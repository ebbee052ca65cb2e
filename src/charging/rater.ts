import { type Book, compileBook, type PriceVersion, resolve, type Resolved } from '../pricing/book.ts'
import { rate, type Rating } from '../pricing/rate.ts'

/** What is rated: a fact or a record, with the parties that decide which prices hold. */
export type Usage = {
  readonly service: string
  readonly subtype: string
  readonly project: string
  readonly person: string | null
  readonly startsAt: number
  readonly endsAt: number
  readonly quantities: Readonly<Record<string, string>>
  readonly dimensions: Readonly<Record<string, string>>
}

/** Who pays, as far as prices ask. */
export type Payer = { readonly organisation: string; readonly tier: string }

/** Rates usage with one revision of the price book. */
export class Rater {
  readonly revision: number
  readonly #book: Book

  constructor(versions: readonly PriceVersion[], revision: number, zone: string) {
    this.revision = revision
    this.#book = compileBook(
      versions.filter((version) => version.book <= revision),
      zone,
    )
  }

  pricesFor({ service, subtype, project, person }: Usage, { organisation, tier }: Payer): Resolved {
    return resolve(this.#book, { service, subtype, tier, organisation, project, person })
  }

  rate(usage: Usage, payer: Payer): Rating {
    return rate(this.pricesFor(usage, payer), usage)
  }
}
