import type { BinaryRows } from '../database/copy-binary.ts'

/**
 * A fact: what was used, by whom, when, as its source measured it. Times are epoch milliseconds, half-open.
 *
 * Quantities are exact decimals as text, in the base unit of their meter. The keys of quantities and dimensions
 * stand in alphabetical order, so that their JSON is the same bytes for the same content; what the source does
 * not know is left out, never empty.
 */
export type Fact = {
  /** For example `slurm:lab`. */
  readonly source: string
  /** Unique within the source, whatever the format it was read from. */
  readonly externalId: string
  readonly service: string
  readonly subtype: string
  readonly projectName: string
  readonly personName: string | null
  readonly providerName: string
  readonly startsAt: number
  readonly endsAt: number
  readonly measuredAt: number
  /** False while the thing still runs: such usage accrues and is not charged yet. */
  readonly final: boolean
  /** Where its names are numbered. */
  readonly numbered?: NumberedNames
  readonly quantities: Readonly<Record<string, string>>
  readonly dimensions: Readonly<Record<string, string>>
  /** What the source said, as it said it; may hold personal data. */
  readonly raw: string
  /** Where its texts were made already, by a thread that reads. */
  readonly texts?: FactTexts
  /** Where it came in a pack with others: the fact by itself, which lasts. */
  readonly kept?: Fact
}

/** Which words of a list are the names of a fact; the person is -1 where there is none. */
export type NumberedNames = {
  readonly words: readonly string[]
  readonly projectWord: number
  readonly personWord: number
  readonly providerWord: number
}

/** What a fact says, as its rows and digests are made of it. */
export type FactTexts = {
  /** How the text begins that its content is digested from: what it says without its parties. */
  readonly told: string
  /** As JSON. */
  readonly quantitiesText: string
  readonly dimensionsText: string
  /** Source and external id, as COPY text. */
  readonly nameText: string
  /** From the service to the dimensions, as COPY text. */
  readonly rowText: string
  /** What people call it, where its external id does not say it. */
  readonly called: string | undefined
  /** Where a thread that reads has digested the raw row already. */
  readonly sealed: SealedRaw | undefined
  /** The raw row, which may be bytes already. */
  writeRaw(out: BinaryRows): void
}

/** What stands in the seal for a raw row, and the salt that it was digested with; both in hex. */
export type SealedRaw = { readonly digest: string; readonly salt: string }

/** The same as an object of its own, and not from a pack. */
export const plainFact = (fact: Fact): Fact =>
  fact.kept
    ? {
        source: fact.source,
        externalId: fact.externalId,
        service: fact.service,
        subtype: fact.subtype,
        projectName: fact.projectName,
        personName: fact.personName,
        providerName: fact.providerName,
        startsAt: fact.startsAt,
        endsAt: fact.endsAt,
        measuredAt: fact.measuredAt,
        final: fact.final,
        quantities: fact.quantities,
        dimensions: fact.dimensions,
        raw: fact.raw,
      }
    : fact

/** The dimension in which a source tells what people call a thing used, where its external id does not. */
export const calledBy = 'job_id'

/** What could not become a fact, with the reason, so that it can be looked at and replayed. */
export type BadRow = {
  readonly source: string
  /** File name, or `-` for standard input. */
  readonly origin: string
  readonly line: number
  readonly reason: string
  readonly raw: string
  /** What its reader must know besides to read it again: the header of a text, for example. */
  readonly settings: Readonly<Record<string, string>>
  readonly measuredAt: number
}
