import { valueIn } from '../values/json-text.ts'
import { calledBy, type Fact, type FactTexts, type SealedRaw } from './fact.ts'
import { type Pack, type Packed, type Plain, place, sealLength, stride } from './pack.ts'

/** Unpacks what one Packer packed, in its order. */
export class Unpacker {
  #words: string[] = []

  unpack({ packs, from, words }: Packed): Fact[] {
    if (from === 0) this.#words = []
    for (const word of words) this.#words.push(word)
    const facts: Fact[] = []
    for (const { text, places, moments } of packs) {
      const opened = {
        text: Buffer.from(text.buffer, text.byteOffset, text.length).toString(),
        places,
        moments,
        words: this.#words,
      }
      for (let number = 0; number < places.length / stride; number++) facts.push(new PackedFact(opened, number))
    }
    return facts
  }
}

type Opened = Omit<Pack, 'text'> & { readonly text: string; readonly words: readonly string[] }

/** A fact that looks in its pack for what it is asked. */
class PackedFact implements Fact, FactTexts {
  readonly externalId: string
  private readonly pack: Opened
  private readonly number: number

  constructor(pack: Opened, number: number) {
    this.pack = pack
    this.number = number
    const nameText = this.part(place.name, place.row)
    this.externalId = this.isPlain ? nameText.slice(this.source.length + 1) : this.plain.externalId
  }

  get texts(): FactTexts {
    return this
  }

  get source(): string {
    return this.word(place.source)
  }

  get service(): string {
    return this.word(place.service)
  }

  get subtype(): string {
    return this.word(place.subtype)
  }

  get projectName(): string {
    return this.word(place.project)
  }

  get personName(): string | null {
    return (this.pack.places[this.number * stride + place.person] as number) < 0 ? null : this.word(place.person)
  }

  get providerName(): string {
    return this.word(place.provider)
  }

  get startsAt(): number {
    return this.pack.moments[this.number * 3] as number
  }

  get endsAt(): number {
    return this.pack.moments[this.number * 3 + 1] as number
  }

  get measuredAt(): number {
    return this.pack.moments[this.number * 3 + 2] as number
  }

  get final(): boolean {
    return this.pack.places[this.number * stride + place.final] === 1
  }

  get quantities(): Readonly<Record<string, string>> {
    return JSON.parse(this.quantitiesText) as Record<string, string>
  }

  get dimensions(): Readonly<Record<string, string>> {
    return JSON.parse(this.dimensionsText) as Record<string, string>
  }

  get raw(): string {
    return this.isPlain ? this.rawText : this.plain.raw
  }

  get told(): string {
    return this.part(place.told, place.name)
  }

  get quantitiesText(): string {
    // A tab stands between the two.
    return this.isPlain ? this.part(place.quantities, place.dimensions, 1) : this.plain.quantities
  }

  get dimensionsText(): string {
    return this.isPlain ? this.part(place.dimensions, place.raw) : this.plain.dimensions
  }

  get nameText(): string {
    return this.part(place.name, place.row)
  }

  get rowText(): string {
    return this.part(place.row, place.raw)
  }

  get rawText(): string {
    return this.part(place.raw, place.seal)
  }

  get sealed(): SealedRaw {
    const both = this.part(place.seal, place.plain)
    return { digest: both.slice(0, sealLength / 2), salt: both.slice(sealLength / 2) }
  }

  get called(): string | undefined {
    return valueIn(this.dimensionsText, calledBy)
  }

  get alone(): Fact {
    const { text, places, moments, words } = this.pack
    const at = this.number * stride
    const from = places[at] as number
    const own = places.slice(at, at + stride).map((value, index) => (index <= place.end ? value - from : value))
    const copy = Buffer.from(text.slice(from, places[at + place.end])).toString()
    return new PackedFact(
      { text: copy, places: own, moments: moments.slice(this.number * 3, this.number * 3 + 3), words },
      0,
    )
  }

  private part(from: number, to: number, less = 0): string {
    const { text, places } = this.pack
    const at = this.number * stride
    return text.slice(places[at + from], (places[at + to] as number) - less)
  }

  private word(which: number): string {
    return this.pack.words[this.pack.places[this.number * stride + which] as number] as string
  }

  private get isPlain(): boolean {
    const at = this.number * stride
    return this.pack.places[at + place.plain] === this.pack.places[at + place.end]
  }

  private get plain(): Plain {
    return JSON.parse(this.part(place.plain, place.end)) as Plain
  }
}
