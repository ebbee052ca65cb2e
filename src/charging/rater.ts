import { type Book, compileBook, type PriceVersion, resolve, type Resolved } from '../pricing/book.ts'
import { rate, type Rating, type UsageTexts } from '../pricing/rate.ts'

/** What is rated, of a fact or a record. */
export type Used = {
  readonly service: string
  readonly subtype: string
  readonly startsAt: number
  readonly endsAt: number
  readonly quantities: Readonly<Record<string, string>>
  readonly dimensions: Readonly<Record<string, string>>
}

/** The same with the parties that decide which prices hold. */
export type Usage = Used & { readonly project: string; readonly person: string | null }

/** What of it decides which prices hold. */
type Priced = Pick<Usage, 'service' | 'subtype' | 'project' | 'person'>

/** Who pays, as far as prices ask. */
export type Payer = { readonly organisation: string; readonly tier: string }

/** Of one payer: what is asked for names them as it likes. */
const subtypesMax = 1_000

/** Rates usage with one revision of the price book. */
export class Rater {
  readonly revision: number
  readonly #book: Book
  readonly #byPerson: boolean
  /** By payer and subtype: of a million records most are by few thousands. */
  readonly #remembered = new WeakMap<Payer, Map<string, Resolved>>()

  constructor(versions: readonly PriceVersion[], revision: number, zone: string) {
    this.revision = revision
    this.#book = compileBook(
      versions.filter((version) => version.book <= revision),
      zone,
    )
    this.#byPerson = versions.some((version) => version.scopeKind === 'person')
  }

  pricesFor({ service, subtype, project, person }: Priced, { organisation, tier }: Payer): Resolved {
    return resolve(this.#book, { service, subtype, tier, organisation, project, person })
  }

  /** What decides a whole period of what a version prices; no price over a period belongs to a person. */
  pricesOfPeriod({ service, subtype }: Pick<PriceVersion, 'service' | 'subtype'>, project: string, payer: Payer) {
    return this.pricesFor({ service, subtype: subtype === '*' ? '' : subtype, project, person: null }, payer)
  }

  rate(usage: Usage, payer: Payer): Rating {
    return rate(this.pricesFor(usage, payer), usage)
  }

  /** The same for many facts of the same few payers, each always the same object. */
  rateFor(used: Used, payer: Payer & { readonly project: string }, person: string | null, texts?: UsageTexts): Rating {
    const { service, subtype } = used
    const { project } = payer
    if (this.#byPerson) return rate(this.pricesFor({ service, subtype, project, person }, payer), used, texts)
    let bySubtype = this.#remembered.get(payer)
    if (!bySubtype) this.#remembered.set(payer, (bySubtype = new Map()))
    let prices = bySubtype.get(subtype)
    if (prices?.who.service !== service) {
      if (bySubtype.size >= subtypesMax) bySubtype.clear()
      prices = this.pricesFor({ service, subtype, project, person }, payer)
      bySubtype.set(subtype, prices)
    }
    return rate(prices, used, texts)
  }
}
