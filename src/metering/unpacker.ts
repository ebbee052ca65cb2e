import { copyText } from '../database/copy-text.ts'
import type { BinaryRows } from '../database/copy-binary.ts'
import { valueIn } from '../values/json-text.ts'
import { calledBy, type Fact, type FactTexts, type NumberedNames, type SealedRaw } from './fact.ts'
import { type Pack, type Packed, type Plain, place, sealLength, stride } from './pack.ts'

type Opened = Omit<Pack, 'text'> & { readonly text: Buffer; readonly words: readonly string[] }

/** Unpacks what one Packer packed, in its order. */
export class Unpacker {
  #words: string[] = []

  /** The facts are read from their packs as they are asked: they end with them. */
  unpack({ packs, from, words }: Packed): Fact[] {
    if (from === 0) this.#words = []
    for (const word of words) this.#words.push(word)
    const facts: Fact[] = []
    for (const { text, places, moments } of packs) {
      const opened = {
        text: Buffer.from(text.buffer, text.byteOffset, text.length),
        places,
        moments,
        words: this.#words,
      }
      for (let number = 0; number < places.length / stride; number++) facts.push(new PackedFact(opened, number))
    }
    return facts
  }
}

let lastRead: { readonly fact: PackedFact; readonly texts: PackedTexts } | undefined

/** A fact that looks in its pack for what it is asked. */
class PackedFact implements Fact, NumberedNames {
  readonly externalId: string
  private readonly pack: Opened
  private readonly number: number

  constructor(pack: Opened, number: number) {
    this.pack = pack
    this.number = number
    this.externalId = this.nameAtOnce() ?? this.nameOfTexts()
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
    return this.at(place.person) < 0 ? null : this.word(place.person)
  }

  get providerName(): string {
    return this.word(place.provider)
  }

  get numbered(): NumberedNames {
    return this
  }

  get words(): readonly string[] {
    return this.pack.words
  }

  get projectWord(): number {
    return this.at(place.project)
  }

  get personWord(): number {
    return this.at(place.person)
  }

  get providerWord(): number {
    return this.at(place.provider)
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
    return this.at(place.final) === 1
  }

  get quantities(): Readonly<Record<string, string>> {
    return JSON.parse(this.texts.quantitiesText) as Record<string, string>
  }

  get dimensions(): Readonly<Record<string, string>> {
    return JSON.parse(this.texts.dimensionsText) as Record<string, string>
  }

  get raw(): string {
    const from = this.at(place.from)
    return this.pack.text.toString('utf8', from + this.at(place.raw), from + this.at(place.bytes))
  }

  /** Read from the pack again and again, rather than kept: only the last of them are at hand. */
  get texts(): PackedTexts {
    if (lastRead?.fact === this) return lastRead.texts
    const { text, places } = this.pack
    const at = this.number * stride
    const from = this.at(place.from)
    const to = from + this.at(place.raw)
    const texts = new PackedTexts(text.toString(this.isAscii ? 'latin1' : 'utf8', from, to), text, places, at)
    lastRead = { fact: this, texts }
    return texts
  }

  get kept(): Fact {
    const { text, places, moments, words } = this.pack
    const from = this.at(place.from)
    const own = places.slice(this.number * stride, (this.number + 1) * stride)
    own[place.from] = 0
    const copy = Buffer.from(text.subarray(from, from + this.at(place.bytes)))
    const times = moments.slice(this.number * 3, this.number * 3 + 3)
    return new PackedFact({ text: copy, places: own, moments: times, words }, 0)
  }

  private get isAscii(): boolean {
    return this.at(place.raw) === this.at(place.end)
  }

  private at(which: number): number {
    return this.pack.places[this.number * stride + which] as number
  }

  private word(which: number): string {
    return this.pack.words[this.at(which)] as string
  }

  /** Nearly all names are letters that COPY writes as they are, one byte each. */
  private nameAtOnce(): string | undefined {
    if (!this.isAscii || this.at(place.plain) !== this.at(place.end)) return undefined
    const from = this.at(place.from)
    return this.pack.text.toString(
      'latin1',
      from + this.at(place.name) + this.source.length + 1,
      from + this.at(place.row),
    )
  }

  private nameOfTexts(): string {
    const { texts, source } = this
    return texts.isPlain ? texts.nameText.slice(copyText(source).length + 1) : texts.plain.externalId
  }
}

class PackedTexts implements FactTexts {
  private readonly text: string
  private readonly pack: Buffer
  private readonly places: Int32Array
  private readonly first: number

  constructor(text: string, pack: Buffer, places: Int32Array, first: number) {
    this.text = text
    this.pack = pack
    this.places = places
    this.first = first
  }

  get told(): string {
    return this.text.slice(0, this.places[this.first + place.name])
  }

  get quantitiesText(): string {
    // A tab stands between the two.
    return this.isPlain ? this.part(place.quantities, place.dimensions, 1) : this.plain.quantities
  }

  get dimensionsText(): string {
    return this.isPlain ? this.part(place.dimensions, place.seal) : this.plain.dimensions
  }

  get nameText(): string {
    return this.part(place.name, place.row)
  }

  get rowText(): string {
    return this.part(place.row, place.seal)
  }

  get sealed(): SealedRaw {
    const both = this.part(place.seal, place.plain)
    return { digest: both.slice(0, sealLength / 2), salt: both.slice(sealLength / 2) }
  }

  get called(): string | undefined {
    return valueIn(this.dimensionsText, calledBy)
  }

  writeRaw(out: BinaryRows): void {
    const { places, first } = this
    const from = places[first + place.from] as number
    out.utf8(this.pack, from + (places[first + place.raw] as number), from + (places[first + place.bytes] as number))
  }

  get isPlain(): boolean {
    return this.places[this.first + place.plain] === this.places[this.first + place.end]
  }

  get plain(): Plain {
    return JSON.parse(this.part(place.plain, place.end)) as Plain
  }

  private part(from: number, to: number, less = 0): string {
    const { places, first } = this
    return this.text.slice(places[first + from], (places[first + to] as number) - less)
  }
}
