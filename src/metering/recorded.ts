import type { Fact, FactTexts } from './fact.ts'
import type { Kept } from './version.ts'

/** A fact whose parties are known, with its digest: what is written down as a record. */
export type Recorded = {
  readonly id: bigint
  readonly period: string
  readonly version: number
  readonly fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
  readonly digest: string
  /** What people call it, where its external id does not say it. */
  readonly called: string | null
  readonly texts: FactTexts
  /** Where several versions told it. */
  readonly kept: Kept | null
}
