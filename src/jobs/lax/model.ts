import { Type, type TSchema } from 'typebox'
import { closed } from '../../http/schemas.ts'
import { type Issue, type Lax, type Read, refuseValue, within, wrong } from './lax.ts'

type Shape = { readonly [name: string]: Lax<unknown> }
type ReadShape<Fields extends Shape> = { readonly [Name in keyof Fields]: Read<Fields[Name]> }

/** An object of these fields and no others. The title makes it a component of the API document. */
export const model = <const Fields extends Shape>(title: string, fields: Fields): Lax<ReadShape<Fields>> => {
  const readFields = reader(fields)
  return {
    schema: closed(schemas(fields), title),
    read(given, issues) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        const msg = 'Input should be a valid dictionary or object to extract fields from'
        return wrong(issues, 'model_attributes_type', msg)
      }
      const value = readFields(given, issues)
      for (const name in given) {
        if (Object.hasOwn(fields, name)) continue
        issues.push({ type: 'extra_forbidden', loc: [name], msg: 'Extra inputs are not permitted' })
      }
      return value
    },
  }
}

/** The parameters of a path or a query: what nobody knows is left alone, and of one that is there twice the last counts. */
export const parameters = <const Fields extends Shape>(fields: Fields): Lax<ReadShape<Fields>> => {
  const readFields = reader(fields)
  return {
    schema: Type.Object(schemas(fields)),
    read: (given, issues) => {
      const said = given as { readonly [name: string]: unknown }
      const last: { [name: string]: unknown } = {}
      for (const name in said) last[name] = Array.isArray(said[name]) ? (said[name] as unknown[]).at(-1) : said[name]
      return readFields(last, issues)
    },
  }
}

function reader<Fields extends Shape>(fields: Fields) {
  const list = Object.entries(fields)
  return (given: object, issues: Issue[]): ReadShape<Fields> => {
    const value: { [name: string]: unknown } = {}
    for (const [name, lax] of list) {
      const said = Object.hasOwn(given, name) ? (given as { readonly [name: string]: unknown })[name] : undefined
      if (said === undefined) {
        if (lax.fallback) value[name] = lax.fallback.value
        else issues.push({ type: 'missing', loc: [name], msg: 'Field required' })
        continue
      }
      const before = issues.length
      value[name] = lax.read(said, issues)
      if (issues.length > before) within(issues, before, name)
    }
    return value as ReadShape<Fields>
  }
}

const schemas = (fields: Shape): Record<string, TSchema> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, { schema, fallback }]) => [name, fallback ? Type.Optional(schema) : schema]),
  )

/** The thing, or null. */
export const nullable = <Value>(lax: Lax<Value>): Lax<Value | null> => ({
  schema: Type.Union([lax.schema, Type.Null()]),
  read: (given, issues) => (given === null ? null : lax.read(given, issues)),
})

/** May be left out; then it is as if this had been sent. */
export const optional = <Value, const Absent extends Value | null | undefined>(
  lax: Lax<Value>,
  absent: Absent,
): Lax<Value | Absent> => ({ ...(lax as Lax<Value | Absent>), fallback: { value: absent } })

export const list = <Value>(lax: Lax<Value>, { min = 0 } = {}): Lax<readonly Value[]> => ({
  schema: Type.Array(lax.schema, min > 0 ? { minItems: min } : {}),
  read(given, issues) {
    if (!Array.isArray(given)) return wrong(issues, 'list_type', 'Input should be a valid list')
    const values = given.map((each, at) => {
      const before = issues.length
      const value = lax.read(each, issues)
      if (issues.length > before) within(issues, before, at)
      return value
    })
    if (given.length >= min) return values
    const msg = `List should have at least ${min} item${min === 1 ? '' : 's'} after validation, not ${given.length}`
    return wrong(issues, 'too_short', msg, { field_type: 'List', min_length: min, actual_length: given.length })
  },
})

/** A rule over what could be read: why it is refused, or nothing. Asked only where nothing else is wrong. */
export const ruled = <Value>(lax: Lax<Value>, rule: (value: Value) => string | undefined): Lax<Value> => ({
  ...lax,
  read(given, issues) {
    const before = issues.length
    const value = lax.read(given, issues)
    if (issues.length > before) return value
    const why = rule(value)
    return why === undefined ? value : refuseValue(issues, why)
  },
})
