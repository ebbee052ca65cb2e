import { strict as assert } from 'node:assert'
import { isDeepStrictEqual } from 'node:util'
import { problems } from './problems.ts'

export type Json = { [name: string]: unknown }

/** What the generator leaves to be done: components, examples of refusals, and words of our own. */
export function finished(whole: Json): Json {
  for (const operations of Object.values(whole['paths'] as Record<string, Record<string, Operation>>)) {
    for (const operation of Object.values(operations)) polish(operation)
  }
  return named(whole)
}

type Operation = {
  readonly parameters?: { readonly in: string; example?: unknown; examples?: unknown }[]
  readonly responses?: Record<string, { description: string; content?: Record<string, { example?: unknown }> }>
}

function polish({ parameters = [], responses = {} }: Operation): void {
  for (const parameter of parameters) {
    // Whoever tries a call would send what stands in the example, and find nothing.
    if (parameter.in !== 'path') {
      delete parameter.example
      delete parameter.examples
    }
  }
  for (const response of Object.values(responses)) {
    if (response.description === 'Default Response') response.description = 'Done.'
    const refusal = response.content?.['application/problem+json']
    const type = /^`([a-z-]+)`/.exec(response.description)?.[1] as keyof typeof problems | undefined
    if (refusal && type) refusal.example = { type: `/problems/${type}`, ...problems[type] }
  }
}

/** Schemas with a title become components under that name; one name has one shape. */
function named(whole: Json): Json {
  const schemas = new Map<string, unknown>()
  const walk = (value: unknown, inSchema: boolean): unknown => {
    if (Array.isArray(value)) return value.map((inner) => walk(inner, inSchema))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value as Json)
    const node: Json = Object.fromEntries(
      entries.map(([name, inner]) => [name, walk(inner, inSchema || name === 'schema')]),
    )
    const { title, type } = node
    if (!inSchema || typeof title !== 'string' || (type === undefined && node['anyOf'] === undefined)) return node
    const known = schemas.get(title)
    assert(known === undefined || isDeepStrictEqual(known, node), `two schemas are called ${title}`)
    schemas.set(title, node)
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = walk(whole['paths'], false)
  const components = {
    ...(whole['components'] as Json),
    schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
  return { ...whole, paths, components }
}
