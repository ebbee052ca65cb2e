import { periodOf } from '../values/period.ts'
import type { Fact, FactTexts } from './fact.ts'
import type { Recorded } from './recorded.ts'
import { textsOf } from './texts.ts'
import { contentDigest, type Kept } from './version.ts'

/** A fact whose names have been found: the UUIDs of its project, person and provider. */
export type KnownFact = {
  readonly fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
}

/**
 * A record before it has its id: ids rise in the order of the names. Its texts and their digest are made when they are
 * asked for, row by row as a piece goes out: made for all of it first, they would keep the database waiting.
 */
export class Draft implements Recorded {
  id = 0n
  readonly version: number = 1
  readonly period: string
  readonly fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
  readonly kept: Kept | null
  #texts: FactTexts | undefined
  #digest = ''
  #called: string | null = null

  constructor({ fact, project, person, provider }: KnownFact, zone: string, kept: Kept | null = null) {
    this.kept = kept
    this.period = periodOf(fact.endsAt, zone)
    this.fact = fact
    this.project = project
    this.person = person
    this.provider = provider
  }

  get texts(): FactTexts {
    // Those of a pack are read again, rather than kept until the piece has gone out.
    return this.fact.texts ?? (this.#texts ??= textsOf(this.fact))
  }

  get digest(): string {
    this.#read()
    return this.#digest
  }

  get called(): string | null {
    this.#read()
    return this.#called
  }

  /** Once for both. */
  #read(): void {
    if (this.#digest !== '') return
    const { texts } = this
    this.#digest = contentDigest(texts, this)
    this.#called = texts.called ?? null
  }
}
