type Count = { failures: number; readonly endsAt: number }

const failuresMax = 5
const windowMs = 60_000
/** So that memory does not grow with the number of those who try. */
const countsMax = 10_000

/**
 * Counts failures by name (who tries what, and from where) in windows that begin with a first failure. Nothing ends a
 * window but time: who has one good key must not buy guesses at another with it.
 */
export class Throttle {
  readonly #counts = new Map<string, Count>()

  /** One more failure. Milliseconds until this name is told again what was wrong; 0 when it is told now. */
  failed(name: string, now: number): number {
    const count = this.#counts.get(name)
    if (count && count.endsAt > now) {
      if (count.failures >= failuresMax) return count.endsAt - now
      count.failures += 1
      return 0
    }
    this.#counts.delete(name)
    this.#counts.set(name, { failures: 1, endsAt: now + windowMs })
    // Windows end in the order in which they stand.
    for (const [other, { endsAt }] of this.#counts) {
      if (endsAt > now && this.#counts.size <= countsMax) break
      this.#counts.delete(other)
    }
    return 0
  }
}
