import type { ProjectParty, WantedNames } from './party.ts'

/** By source and name, see `memoryKey`. */
export type Remembered = {
  readonly projects: Map<string, ProjectParty>
  readonly people: Map<string, string>
  readonly providers: Map<string, string>
}

/** Names beyond this many are forgotten, all at once: memory does not grow with the input. */
const namesMax = 300_000

const nothing = (): Remembered => ({ projects: new Map(), people: new Map(), providers: new Map() })

export const memoryKey = (source: string, name: string): string => `${source}\0${name}`

/**
 * Names that were found before, each set as of one revision of the parties: an import counts the revision up,
 * and a transaction that sees the new one gets an empty set. A transaction that still works under the old one
 * keeps its own set, so that what it reads never mixes into the new.
 */
export class KnownParties {
  #revision = ''
  #remembered = nothing()

  /** Whether all of these were met in the set used last. */
  knowsAll({ source, projects, people, providers }: WantedNames): boolean {
    const has = (names: readonly string[], among: ReadonlyMap<string, unknown>) =>
      names.every((name) => among.has(memoryKey(source, name)))
    const known = this.#remembered
    return has(projects, known.projects) && has(people, known.people) && has(providers, known.providers)
  }

  asOf(revision: string): Remembered {
    const { projects, people, providers } = this.#remembered
    if (revision !== this.#revision || projects.size + people.size + providers.size > namesMax) {
      this.#revision = revision
      this.#remembered = nothing()
    }
    return this.#remembered
  }
}
