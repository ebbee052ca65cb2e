/** What the validator says, as far as it is of use here. */
export type Fault = {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string | undefined
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
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'anyOf')
    .map((fault) => {
      const named =
        fault.params['missingProperty'] ?? fault.params['additionalProperty'] ?? fault.params['propertyName']
      const path = fault.instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
      return { field: `${part}${path}${typeof named === 'string' ? `.${named}` : ''}`, message: messageOf(fault) }
    })
  return (issues.length > 0 ? issues : [{ field: part, message: 'is not as it must be' }]).slice(0, issuesMax)
}

function messageOf({ keyword, params, message, parentSchema, data }: Fault): string {
  const { description, type } = (parentSchema ?? {}) as { description?: string; type?: unknown }
  const wanted = description ?? ''
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is not known here: remove it'
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}`
    case 'pattern':
      return `must be ${wanted || `a text of the form ${String(params['pattern'])}`}`
    case 'type':
      // A number has lost its exact value before anybody here could look at it.
      if (typeof data === 'number' && [type].flat().includes('string'))
        return `must be ${wanted || 'a text'}: write it as a string, in quotes`
      return message ?? `must be ${[type].flat().join(' or ')}`
    default:
      return message ?? 'is not as it must be'
  }
}
