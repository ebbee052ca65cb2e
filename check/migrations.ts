import { placeOf } from './order.ts'
import type { Finding, Migration, Tree } from './tree.ts'

export type Relation = {
  readonly schema: string
  readonly name: string
  readonly isView: boolean
}

/** The text without comments and without what stands in quotes, at the same offsets. */
export function bareSql(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, (found) => found.replace(/[^\n]/g, ' '))
}

/** Tables, views and sequences that a migration makes. */
export function relationsOf({ text }: Migration): Relation[] {
  const made =
    /\bcreate\s+(?:unlogged\s+)?(table|(?:or\s+replace\s+)?(?:materialized\s+)?view|sequence)\s+(?:if\s+not\s+exists\s+)?(\w+)\.(\w+)/gi
  return [...bareSql(text).matchAll(made)].map(([, kind, schema, name]) => ({
    schema: schema as string,
    name: name as string,
    isView: /view$/i.test(kind as string),
  }))
}

const namePattern = /^migrations\/(\d{4})_([a-z]+)\.sql$/

/** Migrations are numbered without gaps, belong to one module each, and touch only that module's schema. */
export function migrations(tree: Tree): Finding {
  const faults: string[] = []
  const views = new Set(
    tree.migrations.flatMap(relationsOf).flatMap(({ schema, name, isView }) => (isView ? `${schema}.${name}` : [])),
  )
  for (const [index, migration] of tree.migrations.entries()) {
    const [, number, module] = namePattern.exec(migration.path) ?? []
    if (number === undefined || module === undefined) {
      faults.push(`${migration.path}: a migration is called NNNN_module.sql, for example 0009_credits.sql.`)
      continue
    }
    if (Number(number) !== index + 1)
      faults.push(
        `${migration.path}: number ${String(index + 1).padStart(4, '0')} comes here; numbers have no gaps and no twins.`,
      )
    if (placeOf(module) === undefined) faults.push(`${migration.path}: '${module}' has no place in check/order.ts.`)
    faults.push(...foreignNames(migration, module, views))
  }
  return { faults, note: `${tree.migrations.length} migrations` }
}

function foreignNames({ path, text }: Migration, module: string, views: ReadonlySet<string>): string[] {
  const bare = bareSql(text)
  const faults: string[] = []
  const add = (offset: number, what: string) =>
    faults.push(
      `${path}:${bare.slice(0, offset).split('\n').length}: ${what} A migration touches the schema of its own module, and reads views of others.`,
    )
  for (const { 1: schema, index } of bare.matchAll(
    /\b(?:create|alter|drop)\s+schema\s+(?:if\s+(?:not\s+)?exists\s+)?(\w+)/gi,
  ))
    if (schema !== module) add(index, `it changes the schema '${schema}'.`)
  for (const { 1: schema, 2: name, index } of bare.matchAll(/\b([a-z_]+)\.([a-z_]+)\b/gi)) {
    const foreign = schema !== module && placeOf(schema as string) !== undefined
    if (foreign && !views.has(`${schema}.${name}`)) add(index, `it names ${schema}.${name}.`)
  }
  for (const { 1: name, index } of bare.matchAll(
    /\bcreate\s+(?:table|view|sequence)\s+(?:if\s+not\s+exists\s+)?(\w+)(?![\w.])/gi,
  ))
    add(index, `'${name}' is made in no schema.`)
  return faults
}
