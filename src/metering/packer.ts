import { copyText } from '../database/copy-text.ts'
import { type Pack, type Packed, type Plain, place, sealLength, stride } from './pack.ts'
import { Words } from '../values/words.ts'
import { nameOf, rowOf, sealRaw, toldOf, type ToldFact } from './texts.ts'

const factsMax = 2048
const bytesMax = 1 << 20
const usedMax = 64
/** Names repeat; where they do not, they are forgotten now and then. */
const wordsMax = 200_000

function plainOf({ externalId, quantities: quantitiesText, dimensions: dimensionsText }: ToldFact): string {
  const plain: Plain = { externalId, quantities: quantitiesText, dimensions: dimensionsText }
  return JSON.stringify(plain)
}

export class Packer {
  /** Facts since they were taken last. */
  length = 0
  readonly #salts: () => string
  readonly #wordsMax: number
  #packs: Pack[] = []
  #words = new Words()
  /** By column. */
  #last: { readonly text: string; readonly word: number }[] = []
  #fresh: string[] = []
  #from = 0
  readonly #used: ArrayBuffer[] = []
  #text = Buffer.from('')
  #places = new Int32Array(0)
  #moments = new Float64Array(0)
  #bytes = 0
  #count = 0

  /** Salts are 32 hexadecimal digits that nobody can guess. */
  constructor(salts: () => string, most = wordsMax) {
    this.#salts = salts
    this.#wordsMax = most
  }

  push(fact: ToldFact): void {
    const [toldText, nameText] = [toldOf(fact), nameOf(fact)]
    const { digest, salt } = sealRaw(this.#salts(), fact.raw)
    let [quantitiesText, dimensionsText, plainText] = [fact.quantities, fact.dimensions, '']
    let rowText = rowOf(fact, quantitiesText, dimensionsText)
    let text = toldText + nameText + rowText + digest + salt
    // Whatever COPY writes otherwise has one, and so has JSON that it does.
    if (text.includes('\\')) {
      plainText = plainOf(fact)
      quantitiesText = copyText(quantitiesText)
      dimensionsText = copyText(dimensionsText)
      rowText = rowOf(fact, quantitiesText, dimensionsText)
      text = toldText + nameText + rowText + digest + salt + plainText
    }
    const whole = text + fact.raw
    this.#makeRoom(whole.length * 3)
    const at = this.#count * stride
    const places = this.#places
    let from = (places[at + place.name] = toldText.length)
    from = places[at + place.row] = from + nameText.length
    from = places[at + place.seal] = from + rowText.length
    places[at + place.dimensions] = from - dimensionsText.length
    places[at + place.quantities] = from - dimensionsText.length - 1 - quantitiesText.length
    from = places[at + place.plain] = from + sealLength
    from = places[at + place.end] = from + plainText.length
    const bytes = this.#text.write(whole, this.#bytes)
    places[at + place.raw] = bytes === whole.length ? from : Buffer.byteLength(text)
    places[at + place.from] = this.#bytes
    places[at + place.bytes] = bytes
    this.#note(fact, at)
    this.#bytes += bytes
    this.#count += 1
    this.length += 1
  }

  /** Takes buffers back that are not needed any more: new ones cost as much as what is written into them. */
  reuse(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers)
      if (buffer.byteLength === bytesMax && this.#used.length < usedMax) this.#used.push(buffer)
  }

  take(): Packed {
    this.#close()
    const taken = { packs: this.#packs, from: this.#from, words: this.#fresh }
    if (this.#words.list.length >= this.#wordsMax) this.#forget()
    this.#packs = []
    this.#from = this.#words.list.length
    this.#fresh = []
    this.length = 0
    return taken
  }

  #forget(): void {
    this.#words = new Words()
    this.#last = []
  }

  #note(fact: ToldFact, at: number): void {
    const places = this.#places
    places[at + place.source] = this.#wordAgain(place.source, fact.source)
    places[at + place.service] = this.#wordAgain(place.service, fact.service)
    places[at + place.subtype] = this.#wordAgain(place.subtype, fact.subtype)
    places[at + place.project] = this.#word(fact.projectName)
    places[at + place.person] = fact.personName === null ? -1 : this.#word(fact.personName)
    places[at + place.provider] = this.#wordAgain(place.provider, fact.providerName)
    places[at + place.final] = fact.final ? 1 : 0
    const moments = this.#moments
    moments[this.#count * 3] = fact.startsAt
    moments[this.#count * 3 + 1] = fact.endsAt
    moments[this.#count * 3 + 2] = fact.measuredAt
  }

  /** Most facts have the same as the one before. */
  #wordAgain(column: number, text: string): number {
    const last = this.#last[column]
    if (last !== undefined && last.text === text) return last.word
    const word = this.#word(text)
    this.#last[column] = { text: this.#words.list[word] as string, word }
    return word
  }

  #word(text: string): number {
    const known = this.#words.find(text)
    if (known >= 0) return known
    const word = this.#words.add(text)
    this.#fresh.push(this.#words.list[word] as string)
    return word
  }

  #makeRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#text.length && this.#count < factsMax) return
    this.#close()
    const used = bytes <= bytesMax ? this.#used.pop() : undefined
    this.#text = Buffer.from(used ?? new ArrayBuffer(Math.max(bytesMax, bytes)))
    this.#places = new Int32Array(factsMax * stride)
    this.#moments = new Float64Array(factsMax * 3)
  }

  #close(): void {
    if (this.#count > 0) {
      this.#packs.push({
        text: this.#text.subarray(0, this.#bytes),
        places: this.#places.subarray(0, this.#count * stride),
        moments: this.#moments.subarray(0, this.#count * 3),
      })
    }
    this.#text = Buffer.from('')
    this.#bytes = this.#count = 0
  }
}
