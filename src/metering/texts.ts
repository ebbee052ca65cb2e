import { hash } from 'node:crypto'
import type { BinaryRows } from '../database/copy-binary.ts'
import { copyText, timestampText } from '../database/copy-text.ts'
import { calledBy, type Fact, type FactTexts, type SealedRaw } from './fact.ts'

/**
 * Salted, so that nobody can find an erased name by trying; the salt goes with the row.
 */
export const sealRaw = (salt: string, raw: string): SealedRaw => ({
  digest: hash('sha256', salt + raw, 'hex').slice(0, 32),
  salt,
})

/** The same fact as its reader tells it: quantities and dimensions are JSON already. */
export type ToldFact = Omit<Fact, 'quantities' | 'dimensions' | 'texts' | 'numbered'> & {
  readonly quantities: string
  readonly dimensions: string
}

export const textsOf = (fact: Fact): FactTexts => fact.texts ?? new MadeTexts(fact)

/** Made when they are asked for: what was said before needs its digest alone. */
class MadeTexts implements FactTexts {
  readonly quantitiesText: string
  readonly dimensionsText: string
  readonly sealed = undefined
  private readonly fact: Fact

  constructor(fact: Fact) {
    this.fact = fact
    this.quantitiesText = JSON.stringify(fact.quantities)
    this.dimensionsText = JSON.stringify(fact.dimensions)
  }

  get told(): string {
    return toldOf(this.fact)
  }

  get nameText(): string {
    return nameOf(this.fact)
  }

  get rowText(): string {
    return rowOf(this.fact, copyText(this.quantitiesText), copyText(this.dimensionsText))
  }

  get called(): string | undefined {
    return this.fact.dimensions[calledBy]
  }

  writeRaw(out: BinaryRows): void {
    out.text(this.fact.raw)
  }
}

type Said = Pick<Fact, 'service' | 'subtype' | 'startsAt' | 'endsAt' | 'measuredAt' | 'final'>

export const toldOf = ({ service, subtype, startsAt, endsAt, final }: Said): string =>
  `${service}\n${subtype}\n${momentText(startsAt)}\n${momentText(endsAt)}\n${final}`

export const nameOf = ({ source, externalId }: Pick<Fact, 'source' | 'externalId'>): string =>
  `${copyText(source)}\t${copyText(externalId)}`

export const rowOf = (said: Said, quantities: string, dimensions: string): string =>
  `${copyText(said.service)}\t${copyText(said.subtype)}\t${timestampText(said.startsAt)}\t${timestampText(said.endsAt)}\t` +
  `${timestampText(said.measuredAt)}\t${said.final ? 't' : 'f'}\t${quantities}\t${dimensions}`

/** Whole seconds are small numbers, whose text costs an eighth of that of a large one. */
function momentText(ms: number): string {
  const seconds = ms / 1000
  return Number.isInteger(seconds) && seconds > 0 && seconds < 2 ** 31 ? `${seconds | 0}000` : String(ms)
}
