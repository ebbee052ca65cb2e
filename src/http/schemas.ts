import { type Static, type TSchema, type TString, Type } from 'typebox'

/**
 * What many contracts share. A schema with a `title` becomes a named component of the OpenAPI document; the description
 * of a text with a pattern is also what a caller reads who wrote something else, so it goes on after “must be”, as far as
 * a semicolon; behind that stands what the text means.
 */

/** What is paid, set aside or granted: more than nothing. */
export const PositiveMoney = Type.String({
  pattern: '^(?=.*[1-9])[0-9]{1,15}(\\.[0-9]{1,9})?$',
  description: 'an exact decimal above zero as text, such as "4.37", below 1e15, with at most nine places',
  examples: ['4.37'],
})

export const Quantity = Type.String({
  pattern: '^[0-9]{1,30}(\\.[0-9]{1,9})?$',
  description: 'an exact decimal of zero or more as text, such as "7200", in the unit of its meter',
  examples: ['7200'],
})

export const Currency = Type.String({
  pattern: '^[A-Z][A-Z0-9]{2,7}$',
  description: 'an ISO 4217 code such as THB, CREDIT, or a unit of the site',
  examples: ['THB'],
})

const leapYear = '((19|20|21)(0[48]|[2468][048]|[13579][26])|2000)'
const dayOfMonth =
  '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
/** Of a day that no month has, JavaScript makes another one in silence. */
const day = `((19|20|21)[0-9]{2}-${dayOfMonth}|${leapYear}-02-29)`
const time = '([01][0-9]|2[0-3]):[0-5][0-9]'
const zone = '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])'

export const Moment = Type.String({
  pattern: `^${day}T${time}(:[0-5][0-9]([.][0-9]{1,9})?)?${zone}$`,
  description: 'a time of RFC 3339 on a day that there is, with its zone, such as 2026-11-01T08:00:00Z',
  examples: ['2026-11-01T08:00:00Z'],
})

/** A day stands for its first moment in the zone of the site. */
export const DayOrMoment = Type.String({
  pattern: `^${day}(T${time}(:[0-5][0-9])?${zone})?$`,
  description: 'a day that there is, such as 2026-11-01, or a time with its zone such as 2026-11-01T08:00:00Z',
  examples: ['2026-11-01'],
})

export const Period = Type.String({
  pattern: '^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$',
  description: 'a month such as 2026-11',
  examples: ['2026-11'],
})

/** Of a party, a source, a thing outside: no more than 200 characters. */
export const Name = Type.String({
  pattern: '\\S',
  maxLength: 200,
  description: 'a name of 1 to 200 characters, not blank',
})

/** A text of the same form, and what it means here. */
export function meaning(text: TString, words: string, options: { examples?: string[] } = {}): TString {
  const { description } = text as { description?: string }
  return Type.String({ ...text, ...options, description: `${description}; ${words}` })
}

/** `prj_` and 32 hexadecimal digits. */
export const partyId = (prefix: 'org' | 'prj' | 'per' | 'prv') =>
  Type.String({
    pattern: `^${prefix}_[0-9a-f]{32}$`,
    description: `an id such as ${prefix}_0f8c…: ${prefix}_ and 32 hexadecimal digits`,
    examples: [`${prefix}_00000000000000000000000000000000`],
  })

/** `rec_42`. */
export const numberId = (prefix: string) =>
  Type.String({
    pattern: `^${prefix}_[0-9]{1,18}$`,
    description: `an id such as ${prefix}_42`,
    examples: [`${prefix}_42`],
  })

/** Amounts by currency: `{ "THB": "12.5" }`. */
export const Amounts = Type.Record(Type.String(), Type.String(), {
  description: 'an amount for each currency, such as { "THB": "12.5" }',
})

/** The schema, or null. Only for what has one plain `type`. */
export function nullable<Schema extends TSchema>(schema: Schema) {
  const { type, ...rest } = schema as unknown as { type: string }
  return Type.Unsafe<Static<Schema> | null>({ ...rest, type: [type, 'null'] })
}

/** One of some words. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: { description?: string } = {}) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options })

/** An object of these fields and no others. */
export const closed = <Properties extends Record<string, TSchema>>(properties: Properties, title?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(title === undefined ? {} : { title }) })

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'an address that explains it', examples: ['/problems/request-invalid'] }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    issues: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'what is wrong with which field',
      }),
    ),
  },
  { title: 'Problem', additionalProperties: true },
)
