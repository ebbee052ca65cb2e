type Count = { failures: number; isLocked: boolean; readonly endsAt: number }

const windowMs = 60_000
/** So that memory does not grow with the number of those who try. */
const countsMax = 10_000

/**
 * Counts failures by name (who tries what, and from where) in windows that begin with a first failure. Nothing ends a
 * window but time: who has one good key must not buy guesses at another with it.
 */
export class Throttle {
  readonly #failuresMax: number
  readonly #counts = new Map<string, Count>()
  #locked = 0
  #unlocked = 0

  constructor(failuresMax: number) {
    this.#failuresMax = failuresMax
  }

  /** One more failure. Milliseconds until this name is told again what was wrong; 0 when it is told now. */
  failed(name: string, now: number): number {
    this.#sweep(now)
    const count = this.#counts.get(name)
    if (!count) {
      this.#counts.set(name, { failures: 1, isLocked: false, endsAt: now + windowMs })
      return 0
    }
    if (count.failures < this.#failuresMax) {
      count.failures += 1
      return 0
    }
    if (!count.isLocked) this.#locked += 1
    count.isLocked = true
    return count.endsAt - now
  }

  /** How many windows came to refusing so far, and how many of these are over. */
  lockouts(now: number): { readonly started: number; readonly ended: number } {
    this.#sweep(now)
    return { started: this.#locked, ended: this.#unlocked }
  }

  /** Windows end in the order in which they stand. */
  #sweep(now: number): void {
    for (const [name, { endsAt, isLocked }] of this.#counts) {
      if (endsAt > now && this.#counts.size < countsMax) break
      this.#counts.delete(name)
      if (isLocked) this.#unlocked += 1
    }
  }
}
