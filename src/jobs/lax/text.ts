import { Type } from 'typebox'
import { oneOf } from '../../http/schemas.ts'
import { type Issue, type Lax, refuseValue, wrong } from './lax.ts'

/** Any text that a database can keep, the empty one too. */
export const text = (): Lax<string> => ({
  schema: Type.String(),
  read(given, issues) {
    if (typeof given !== 'string') return wrong(issues, 'string_type', 'Input should be a valid string')
    if (given.includes('\0')) return refuseValue(issues, 'a text must not hold a NUL character')
    if (given.isWellFormed()) return given
    return wrong(
      issues,
      'string_unicode',
      'Input should be a valid string, unable to parse raw data as a unicode string',
    )
  },
})

const usual = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const forms = /^(?:urn:uuid:)?(\{)?([0-9a-f]{8})(-?)([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{12})(\})?$/i

/** Of any version, with dashes or without, in capitals, as a URN; answered as databases print it. */
export const uuid = (): Lax<string> => ({
  schema: Type.String({ format: 'uuid', examples: ['f81d4fae-7dec-4d0c-a765-00a0c91e6bf6'] }),
  read(given, issues) {
    if (typeof given !== 'string') {
      return wrong(issues, 'uuid_type', 'UUID input should be a string, bytes or UUID object')
    }
    if (usual.test(given)) return given
    const [, open, a, , b, c, d, e, close] = forms.exec(given) ?? []
    if (a !== undefined && open?.length === close?.length) return `${a}-${b}-${c}-${d}-${e}`.toLowerCase()
    const error = uuidFault(given)
    return wrong(issues, 'uuid_parsing', `Input should be a valid UUID, ${error}`, { error })
  },
})

function uuidFault(given: string): string {
  const bare = given.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/s, '$1')
  const odd = /[^0-9a-fA-F-]/u.exec(bare)
  if (odd) {
    const at = given.length - bare.length + odd.index + 1
    return `invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${odd[0]}\` at ${at}`
  }
  const groups = bare.split('-')
  if (groups.length === 1) return `invalid length: expected length 32 for simple format, found ${bare.length}`
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`
  const place = [8, 4, 4, 4, 12].findIndex((length, at) => groups[at]?.length !== length)
  const lengths = [8, 4, 4, 4, 12]
  return `invalid group length in group ${place}: expected ${lengths[place]}, found ${groups[place]?.length}`
}

type Words<Word extends string> = readonly Word[] | (() => readonly Word[])

/** One of these words; a list that grows while the program runs is asked for each time. */
export const word = <const Word extends string>(
  words: Words<Word>,
  way: { readonly anyCase?: true } = {},
): Lax<Word> => ({
  schema: typeof words === 'function' ? Type.Unsafe<Word>({ type: 'string' }) : oneOf(words),
  read: (given, issues) => {
    const known = typeof words === 'function' ? words() : words
    return among(known, given, way.anyCase === true) ?? notAmong(issues, 'enum', known)
  },
})

/** This word and no other: what tells one kind of request from another. */
export const literal = <const Word extends string>(only: Word): Lax<Word> => ({
  schema: Type.Literal(only),
  read: (given, issues) => among([only], given, true) ?? notAmong(issues, 'literal_error', [only]),
})

function among<Word extends string>(words: readonly Word[], given: unknown, anyCase: boolean): Word | undefined {
  if (typeof given !== 'string') return undefined
  const wanted = anyCase ? given.toLowerCase() : given
  return words.find((each) => each === wanted)
}

function notAmong(issues: Issue[], type: string, words: readonly string[]): never {
  const quoted = words.map((each) => `'${each}'`)
  const last = quoted.pop() ?? ''
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
  return wrong(issues, type, `Input should be ${expected}`, { expected })
}

const yes = new Set(['true', '1', 'on', 'yes', 'y', 't'])
const no = new Set(['false', '0', 'off', 'no', 'n', 'f'])

/** A truth value, as queries write it. */
export const flag = (): Lax<boolean> => ({
  schema: Type.Boolean(),
  read(given, issues) {
    if (typeof given === 'boolean') return given
    if (typeof given === 'string' || given === 1 || given === 0) {
      const said = String(given).toLowerCase()
      if (yes.has(said)) return true
      if (no.has(said)) return false
      return wrong(issues, 'bool_parsing', 'Input should be a valid boolean, unable to interpret input')
    }
    return wrong(issues, 'bool_type', 'Input should be a valid boolean')
  },
})
