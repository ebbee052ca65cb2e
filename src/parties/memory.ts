import { Meanings } from '../values/words.ts'
import type { ProjectParty, WantedNames } from './party.ts'

/** What one source's names mean. */
export type Remembered = {
  readonly projects: Meanings<ProjectParty>
  readonly people: Meanings<string>
  readonly providers: Meanings<string>
}

/** Names beyond this many are forgotten, all at once: memory does not grow with the input. */
const namesMax = 300_000

/**
 * Names that were found before, each set as of one revision of the parties: an import counts the revision up,
 * and a transaction that sees the new one gets an empty set. A transaction that still works under the old one
 * keeps its own set, so that what it reads never mixes into the new.
 */
export class KnownParties {
  #revision = ''
  #bySource = new Map<string, Remembered>()

  /** Whether all of these were met in the set used last. */
  knowsAll({ source, projects, people, providers }: WantedNames): boolean {
    const known = this.#bySource.get(source)
    if (!known) return false
    const has = (names: readonly string[], among: ReadonlyMap<string, unknown>) =>
      names.every((name) => among.has(name))
    return has(projects, known.projects) && has(people, known.people) && has(providers, known.providers)
  }

  /** What the set used last has of a source; a revision later it may mean somebody else. */
  lately(source: string): Remembered | undefined {
    return this.#bySource.get(source)
  }

  asOf(revision: string, source: string): Remembered {
    if (revision !== this.#revision || this.#size > namesMax) {
      this.#revision = revision
      this.#bySource = new Map()
    }
    let remembered = this.#bySource.get(source)
    if (!remembered) {
      remembered = { projects: new Meanings(), people: new Meanings(), providers: new Meanings() }
      this.#bySource.set(source, remembered)
    }
    return remembered
  }

  get #size(): number {
    let size = 0
    for (const { projects, people, providers } of this.#bySource.values()) {
      size += projects.size + people.size + providers.size
    }
    return size
  }
}
