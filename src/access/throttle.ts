type Count = { failures: number; readonly endsAt: number }

const failuresMax = 5
const windowMs = 60_000
/** So that memory does not grow with the number of those who try. */
const countsMax = 10_000

/**
 * Counts failures by name (an address, the prefix of a key) in windows that begin with a first failure. Who failed too
 * often in one is not even looked at before it ends, so a program that tries for ever costs nothing.
 */
export class Throttle {
  readonly #counts = new Map<string, Count>()

  /** Milliseconds until one of the names may try again; 0 when they may now. */
  waitOf(names: readonly string[], now: number): number {
    let wait = 0
    for (const name of names) {
      const count = this.#counts.get(name)
      if (count && count.failures >= failuresMax) wait = Math.max(wait, count.endsAt - now)
    }
    return wait
  }

  failed(names: readonly string[], now: number): void {
    for (const name of names) {
      const count = this.#counts.get(name)
      if (count && count.endsAt > now) count.failures += 1
      else {
        this.#counts.delete(name)
        this.#counts.set(name, { failures: 1, endsAt: now + windowMs })
      }
    }
    // Windows end in the order in which they stand.
    for (const [name, { endsAt }] of this.#counts) {
      if (endsAt > now && this.#counts.size <= countsMax) break
      this.#counts.delete(name)
    }
  }

  succeeded(names: readonly string[]): void {
    for (const name of names) this.#counts.delete(name)
  }
}
