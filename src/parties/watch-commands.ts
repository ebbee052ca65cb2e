import type { House } from '../operations/house.ts'
import * as sql from './sql.ts'

/** So long what was found of parties counts as it was: a change is in force everywhere after it. */
const freshFor = 1_000

/**
 * Whoever remembers parties asks this first. Every change of them counts their revision up: while it stands, so does what
 * was found; when it moved, all of that is to be forgotten.
 */
export class PartiesWatch {
  readonly #house: House
  readonly #forget: () => void
  #since = Number.NEGATIVE_INFINITY
  #revision = ''
  #looking: Promise<void> | undefined

  constructor(house: House, forget: () => void) {
    this.#house = house
    this.#forget = forget
  }

  get isFresh(): boolean {
    return performance.now() - this.#since <= freshFor
  }

  /** Looks when it is time to, once for all who wait. */
  async look(): Promise<void> {
    if (this.isFresh) return
    await (this.#looking ??= this.#readRevision().finally(() => (this.#looking = undefined)))
  }

  async #readRevision(): Promise<void> {
    const now = performance.now()
    const revision = await sql.revision(this.#house.database.pool)
    if (revision !== this.#revision) this.#forget()
    this.#revision = revision
    this.#since = now
  }
}
