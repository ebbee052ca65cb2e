import { numberOf } from './name-set.ts'

/**
 * Words, each once, with their numbers from 0 on. A Map finds a text in twice the time: it looks in more places, and each
 * of them is far from the processor where there are many words.
 */
export class Words {
  readonly list: string[] = []
  /** By `numberOf` the number of a word and one, 0 where there is none. */
  #table = new Int32Array(1024)

  /** The number of a word, -1 when it is not there. */
  find(text: string): number {
    return (this.#table[this.#placeOf(text)] as number) - 1
  }

  /** The number of a word that is not there yet. */
  add(text: string): number {
    // A copy of its own: a slice would keep the whole block that it was cut from.
    const own = Buffer.from(text, 'utf16le').toString('utf16le')
    if (2 * this.list.length >= this.#table.length) this.#grow()
    this.#table[this.#placeOf(own)] = this.list.push(own)
    return this.list.length - 1
  }

  /** Where it is, or where it would be. */
  #placeOf(text: string): number {
    const table = this.#table
    const mask = table.length - 1
    let place = numberOf(text) & mask
    for (let found = table[place] as number; found > 0; found = table[place] as number) {
      if (this.list[found - 1] === text) return place
      place = (place + 1) & mask
    }
    return place
  }

  #grow(): void {
    this.#table = new Int32Array(this.#table.length * 2)
    for (const [number, word] of this.list.entries()) this.#table[this.#placeOf(word)] = number + 1
  }
}

/** What texts mean. Words that are numbered are found by their numbers: to look each text up costs several times as much. */
export class Meanings<Meaning> extends Map<string, Meaning> {
  #list: readonly string[] = []
  #byNumber: (Meaning | undefined)[] = []

  /** Of a list that only grows; another list has numbers of its own. */
  ofWord(list: readonly string[], number: number): Meaning | undefined {
    if (list !== this.#list) {
      this.#list = list
      this.#byNumber = []
    }
    const known = this.#byNumber[number]
    if (known !== undefined) return known
    // Without holes it stays an array of places.
    while (this.#byNumber.length <= number) this.#byNumber.push(undefined)
    return (this.#byNumber[number] = this.get(list[number] as string))
  }
}
