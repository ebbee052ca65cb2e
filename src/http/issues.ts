/** What the validator says, as far as it is of use here. */
export type Fault = {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string | undefined
  /** Where it is the name of a field that is wrong. */
  readonly propertyName?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly parentSchema?: unknown
  readonly data?: unknown
}

export type Issue = { readonly field: string; readonly message: string }

const issuesMax = 20

/** What is wrong with which field, and what it must be: `body.records.3.amount`. */
export function issuesOf(faults: readonly Fault[], context: string): Issue[] {
  const part = context === 'querystring' ? 'query' : context === 'headers' ? 'header' : context
  const issues = faults
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'anyOf' && keyword !== 'propertyNames')
    .map((fault) => {
      const named = fault.params['missingProperty'] ?? fault.params['additionalProperty'] ?? fault.propertyName
      const path = fault.instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
      return {
        field: `${part}${path}${typeof named === 'string' ? `.${named}` : ''}`,
        message: fault.propertyName === undefined ? messageOf(fault) : `is no name there: it ${messageOf(fault)}`,
      }
    })
  return (issues.length > 0 ? issues : [{ field: part, message: 'is not as it must be' }]).slice(0, issuesMax)
}

function messageOf({ keyword, params, message, parentSchema, data }: Fault): string {
  const schema = (parentSchema ?? {}) as Schema
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is not known here: remove it'
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}`
    case 'type':
      // A number has lost its exact value before anybody here could look at it.
      if (typeof data === 'number' && [schema.type].flat().includes('string'))
        return `must be ${formOf(schema)}: write it as a string, in quotes`
      return `must be ${formOf(schema)}`
    case 'pattern':
    case 'minLength':
    case 'maxLength':
    case 'minimum':
    case 'maximum':
      return `must be ${formOf(schema)}`
    default:
      return message ?? 'is not as it must be'
  }
}

type Schema = {
  readonly type?: unknown
  readonly description?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

/** What a value must be. Only of a text with a pattern does the description say so, before what it means. */
function formOf(schema: Schema): string {
  const types = [schema.type].flat().map(String)
  const forms = types.map((type) => {
    if (type !== 'string') return `${words[type] ?? type}${type === 'integer' ? rangeOf(schema) : ''}`
    if (schema.pattern === undefined) return `a text${lengthOf(schema)}`
    return schema.description?.split('; ', 1)[0] ?? `a text of the form ${schema.pattern}`
  })
  return forms.join(' or ')
}

const words: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

function lengthOf({ minLength = 0, maxLength }: Schema): string {
  if (maxLength !== undefined)
    return minLength > 0 ? ` of ${minLength} to ${maxLength} characters` : ` of at most ${maxLength} characters`
  return minLength > 0 ? ` of at least ${minLength} characters` : ''
}

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of ${minimum} or more`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}
