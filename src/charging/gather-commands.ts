import { randomUUID } from 'node:crypto'
import { Problem } from '../http/problem.ts'
import { inputDigest } from '../operations/canonical.ts'
import type { House } from '../operations/house.ts'
import { chargePage } from './commands.ts'
import type { Memory } from './memory-commands.ts'
import { nameOf, type Page, type PageResult } from './page.ts'

type Small = Pick<Page, 'facts' | 'bad' | 'owners'>
type Waiting = {
  readonly page: Small
  readonly settle: (result: PageResult) => void
  readonly fail: (error: unknown) => void
}

const factsMax = 5000
const waitingMax = 10_000

/**
 * Usage that comes one by one: while a page of a principal is written, what else it sends is gathered, and goes out
 * together as the next page. Pages of one project wait for each other anyway; so they wait once, not once for each.
 */
export class Gathering {
  readonly #house: House
  readonly #unknown: 'create' | 'quarantine'
  readonly #memory: Memory
  /** By principal; it is there while a page is under way. */
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(house: House, unknown: 'create' | 'quarantine', memory: Memory) {
    this.#house = house
    this.#unknown = unknown
    this.#memory = memory
  }

  /** @throws Problem `overloaded` when more waits than can be written in time */
  charge(principal: string, page: Small): Promise<PageResult> {
    return new Promise((settle, fail) => {
      const waiting = this.#waiting.get(principal)
      if (waiting && waiting.length >= waitingMax) return fail(new Problem('overloaded'))
      const one = { page, settle, fail }
      if (waiting) return void waiting.push(one)
      this.#waiting.set(principal, [one])
      void this.#run(principal)
    })
  }

  async #run(principal: string): Promise<void> {
    for (;;) {
      const waiting = this.#waiting.get(principal) ?? []
      if (waiting.length === 0) break
      const [taken, rest] = nextPage(waiting)
      this.#waiting.set(principal, rest)
      await this.#write(principal, taken)
    }
    this.#waiting.delete(principal)
  }

  async #write(principal: string, taken: readonly Waiting[]): Promise<void> {
    const page = {
      facts: taken.flatMap((one) => one.page.facts),
      bad: taken.flatMap((one) => one.page.bad),
      // No fact stands in two of them.
      owners: new Map(taken.flatMap((one) => [...(one.page.owners ?? [])])),
    }
    const call = {
      key: randomUUID(),
      digest: inputDigest(
        'gathered',
        page.facts.map(({ externalId }) => externalId),
      ),
    }
    const settings = { principal, unknown: this.#unknown, chargeFrom: null, call }
    try {
      const result = await chargePage(this.#house, page, settings, this.#memory)
      for (const { settle } of taken) settle(result)
    } catch (error) {
      const [only, ...others] = taken
      if (only && others.length === 0) return only.fail(error)
      // One that breaks a page fails alone.
      for (const one of taken) await this.#write(principal, [one])
    }
  }
}

/** As many as a page takes; who says of the same usage again waits for the next, and is told that it was a duplicate. */
function nextPage(waiting: readonly Waiting[]): [taken: Waiting[], rest: Waiting[]] {
  const taken: Waiting[] = []
  const rest: Waiting[] = []
  const names = new Set<string>()
  let count = 0
  for (const one of waiting) {
    const own = one.page.facts.map(nameOf)
    if (count + own.length > factsMax || own.some((name) => names.has(name))) {
      rest.push(one)
      continue
    }
    for (const name of own) names.add(name)
    count += own.length
    taken.push(one)
  }
  return [taken, rest]
}
