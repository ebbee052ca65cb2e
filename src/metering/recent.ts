import { NameSet, numberOf } from '../values/name-set.ts'

type Told = { readonly fact: { readonly externalId: string } }

/** As many names as the last pages hold; twice as many are remembered at the most. */
const namesMax = 50_000
/** So many pieces in a row must be all new before the next is taken for new; ever more after each mistake. */
const [waitLeast, waitMost] = [8, 256]

/**
 * Which things used were told of lately, and whether all others may be taken for new. Most of a dump is, and asking for
 * each is a tenth of the work. Nothing rests on the guess: the database refuses a name that it has already.
 */
export class RecentNames {
  #names = new NameSet()
  #before = new NameSet()
  #toWait = 1
  #wait = waitLeast

  get takesOthersForNew(): boolean {
    return this.#toWait === 0
  }

  /** Those told of lately; all of them are from now on. */
  among<Each extends Told>(all: readonly Each[]): Each[] {
    const numbers = all.map(({ fact }) => numberOf(fact.externalId))
    const found = all.filter((_, place) => {
      const number = numbers[place] as number
      return this.#names.has(number) || this.#before.has(number)
    })
    for (const number of numbers) this.#names.add(number)
    this.#forget()
    return found
  }

  #forget(): void {
    if (this.#names.size < namesMax) return
    this.#before = this.#names
    this.#names = new NameSet(namesMax)
  }

  /** What asking for all of a piece has shown. */
  found(othersKnown: boolean): void {
    this.#toWait = othersKnown ? Math.max(this.#toWait, waitLeast) : Math.max(0, this.#toWait - 1)
  }

  wasMistaken(): void {
    this.#wait = Math.min(this.#wait * 4, waitMost)
    this.#toWait = this.#wait
  }
}
