import type { Job } from './job.ts'
import { type Amount, plus, times } from './memory.ts'

export type Step = {
  /** `batch`, `extern`, or a number. */
  readonly name: string
  readonly cpuMs: number | undefined
  /** Average resident memory of a task, in bytes. */
  readonly rss: Amount | undefined
  readonly tasks: number
  readonly elapsedSeconds: number
}

/** Adds the steps of one job up: what they used, while the job's row says what it was given. */
export class Fold {
  steps = 0
  hasExtern = false
  #cpuMs = 0
  #slackMs = 0
  #knowsCpu = true
  #memory: Amount | undefined

  add({ name, cpuMs, rss, tasks, elapsedSeconds }: Step): void {
    this.steps++
    if (name === 'extern') this.hasExtern = true
    if (cpuMs === undefined) this.#knowsCpu = false
    else {
      this.#cpuMs += cpuMs
      this.#slackMs += cpuMs >= 3_600_000 ? 1000 : 1
    }
    if (!rss) return
    const used = { whole: times(times(rss.whole, tasks), elapsedSeconds), places: rss.places }
    this.#memory = this.#memory ? plus(this.#memory, used) : used
  }

  reset(): void {
    this.steps = this.#cpuMs = this.#slackMs = 0
    this.hasExtern = false
    this.#knowsCpu = true
    this.#memory = undefined
  }

  /** The CPU time of a job: as its own row says, else of its steps; without either it is not known (`sacct -X`). */
  cpuOf(own: number | undefined): number | undefined {
    if (own !== undefined && own > 0) return own
    if (this.steps > 0 && this.#knowsCpu) return this.#cpuMs
    return undefined
  }

  /** The memory used by the steps that were added. */
  get memory(): Amount | undefined {
    return this.#memory
  }

  /**
   * The memory used, if all steps are here. In a shuffled or cut dump some may stand elsewhere; then their CPU times
   * do not add up to the job's, and a sum that is too small is worse than none.
   */
  memoryOf(job: Job): Amount | undefined {
    const total = job.cpuUsed ?? 0
    const roughness = total >= 3_600_000 ? 1000 : 0
    return this.#cpuMs + this.#slackMs + roughness >= total ? this.#memory : undefined
  }
}
