import { periodOf } from '../values/period.ts'
import { type Fact, type FactTexts, plainFact } from './fact.ts'
import type { Recorded } from './recorded.ts'
import { textsOf } from './texts.ts'
import { contentDigest } from './version.ts'

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
  fact: Fact
  readonly project: string
  readonly person: string | null
  readonly provider: string
  #texts: FactTexts | undefined
  #digest = ''
  #called: string | null = null

  constructor({ fact, project, person, provider }: KnownFact, zone: string) {
    this.period = periodOf(fact.endsAt, zone)
    this.fact = fact
    this.project = project
    this.person = person
    this.provider = provider
  }

  /** Said again at another time. */
  measuredAgain(measuredAt: number): void {
    if (measuredAt === this.fact.measuredAt) return
    this.fact = { ...plainFact(this.fact), measuredAt }
    this.#texts = undefined
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
