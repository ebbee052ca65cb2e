import type { House } from '../operations/house.ts'
import * as sql from './sql.ts'

/** What another process changed is heard of within this. */
const freshFor = 1_000

/** How often this process has changed the parties of a house. */
const changes = new WeakMap<House, number>()

/** While it stays the same, nobody in this process has changed parties. */
export const partyChanges = (house: House): number => changes.get(house) ?? 0

const changed = (house: House) => void changes.set(house, partyChanges(house) + 1)

/** Runs what may change parties: in this process that holds at once, however it ended. */
export async function changingParties<Result>(house: House, change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } finally {
    changed(house)
  }
}

/**
 * Whoever remembers parties asks this first. Every change of them counts their revision up: while it stands, so does what
 * was found; when it moved, all of that is to be forgotten. What decides money asks besides, under its locks, whether the
 * revision by which it was found still stands.
 */
export class PartiesWatch {
  readonly #house: House
  readonly #forget: () => void
  #since = Number.NEGATIVE_INFINITY
  /** How many changes this process had made when the revision was asked for. */
  #changes = -1
  #revision = ''
  #looking: { readonly changes: number; readonly done: Promise<void> } | undefined

  constructor(house: House, forget: () => void) {
    this.#house = house
    this.#forget = forget
  }

  get isFresh(): boolean {
    return this.#changes === this.#made && performance.now() - this.#since <= freshFor
  }

  /** By which was found what is remembered. */
  get revision(): string {
    return this.#revision
  }

  /** Looks when it is time to, once for all who wait. */
  async look(): Promise<void> {
    if (this.isFresh) return
    const made = this.#made
    // A look that began before a change may have seen what was there before it.
    if (this.#looking?.changes !== made) {
      const looking = { changes: made, done: this.#readRevision(made) }
      this.#looking = looking
      const over = () => {
        if (this.#looking === looking) this.#looking = undefined
      }
      looking.done.then(over, over)
    }
    await this.#looking.done
  }

  /** Somebody saw that this revision stands no more: another process changed parties a moment ago. */
  isOver(revision: string): void {
    if (this.isFresh && revision === this.#revision) changed(this.#house)
  }

  get #made(): number {
    return partyChanges(this.#house)
  }

  async #readRevision(made: number): Promise<void> {
    const now = performance.now()
    const revision = await sql.revision(this.#house.database.pool)
    // Overtaken by a look that began after a change.
    if (made < this.#changes) return
    if (revision !== this.#revision) this.#forget()
    this.#revision = revision
    this.#since = now
    this.#changes = made
  }
}
