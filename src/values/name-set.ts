/**
 * A set of names that tells none of its own as missing, and one in a billion others as its own: it holds a number of each
 * (`numberOf`), in a tenth of the time that the names themselves would take, and keeps none of them.
 */
export class NameSet {
  size = 0
  #table: Int32Array

  constructor(expected = 1000) {
    this.#table = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, 2 * expected))))
  }

  has(number: number): boolean {
    return this.#table[this.#placeOf(number)] === number
  }

  add(number: number): void {
    if (2 * this.size >= this.#table.length) this.#grow()
    const place = this.#placeOf(number)
    if (this.#table[place] === number) return
    this.#table[place] = number
    this.size += 1
  }

  /** Where it is, or where it would be. */
  #placeOf(number: number): number {
    const table = this.#table
    const mask = table.length - 1
    let place = number & mask
    while (table[place] !== 0 && table[place] !== number) place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Int32Array(before.length * 2)
    for (const number of before) if (number !== 0) this.#table[this.#placeOf(number)] = number
  }
}

/** FNV-1a, mixed once more, so that names that differ at their end are spread; zero is kept for an empty place. */
export function numberOf(name: string): number {
  let number = 0x811c9dc5
  for (let at = 0; at < name.length; at += 1) number = Math.imul(number ^ name.charCodeAt(at), 0x01000193)
  number = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d)
  number ^= number >>> 13
  return number === 0 ? 1 : number
}
