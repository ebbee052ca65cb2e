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
  readonly quantities: Readonly<Record<string, string>>
  readonly dimensions: Readonly<Record<string, string>>
  /** What the source said, as it said it; may hold personal data. */
  readonly raw: string
}

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
