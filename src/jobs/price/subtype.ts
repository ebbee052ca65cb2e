import type { Lax } from '../lax/lax.ts'
import { ruled } from '../lax/model.ts'
import { text, word } from '../lax/text.ts'
import type { Subtype } from './book.ts'

/** As they are when a request comes in: more are added while the program runs. */
export type Subtypes = () => readonly Subtype[]

export const subtypeWord = (subtypes: Subtypes): Lax<string> =>
  word(() => subtypes().map(({ name }) => name), { anyCase: true })

/** Of what was done before, and is not offered any more. */
export const legacyFault = (subtypes: Subtypes, name: string): string | undefined =>
  subtypes().some((subtype) => subtype.name === name && subtype.legacy) ? `subtype \`${name}\` is legacy` : undefined

export const subtypeName = (): Lax<string> =>
  ruled(text(), (name) =>
    /^[a-z0-9][a-z0-9-]{0,99}$/.test(name)
      ? undefined
      : 'a subtype is called by 1 to 100 small letters, digits and -, such as ml-llm',
  )
