import { Visitor } from 'oxc-parser'
import { bareSql, type Relation, relationsOf } from './migrations.ts'
import { placeOf } from './order.ts'
import { type Finding, isProduct, type SourceFile, type Tree } from './tree.ts'

/** The base of the house is made of these: any of their files may name what their own schema holds. */
const rooted: readonly string[] = ['database', 'operations', 'audit']
/** Who may read tables of another module, and why is in their README: the sealer and the prover look at everything. */
const readsTables: Readonly<Record<string, (schema: string) => boolean>> = {
  audit: (schema) => schema === 'operations',
  proof: () => true,
}

/** A table is named only by `sql.ts` of the module that owns its schema; what others may read is a view. */
export function tables(tree: Tree): Finding {
  const relations = new Map<string, Relation>()
  for (const relation of tree.migrations.flatMap(relationsOf))
    relations.set(`${relation.schema}.${relation.name}`, relation)
  // The list of migrations is made by the program itself, before the first of them runs.
  relations.set('database.migrations', { schema: 'database', name: 'migrations', isView: false })

  const faults: string[] = []
  for (const file of tree.files.filter(isProduct))
    for (const { text, start } of textsOf(file))
      for (const { 0: whole, index } of text.matchAll(/\b[a-z_]+\.[a-z_]+\b/g)) {
        const relation = relations.get(whole)
        const fault = relation && faultOf(file, relation)
        if (fault) faults.push(`${file.at(start + index)}: ${fault}`)
      }
  return { faults: [...new Set(faults)], note: `${relations.size} tables, views and sequences` }
}

function faultOf(file: SourceFile, { schema, name, isView }: Relation): string | undefined {
  const { module } = file
  const whole = `${schema}.${name}`
  const inPlace = file.name === 'sql' || rooted.includes(module) || module === 'proof'
  if (schema === module)
    return inPlace
      ? undefined
      : `${whole} is named by src/${module}/sql.ts alone. Put the statement there and give it a name.`
  if (readsTables[module]?.(schema)) return undefined
  if (!isView) return `${whole} belongs to '${schema}'. Call a command of it, or let its migration publish a view.`
  if (!inPlace) return `the view ${whole} is read by a sql.ts only. Put the statement there.`
  return (placeOf(schema) ?? 0) < (placeOf(module) ?? 0)
    ? undefined
    : `the view ${whole} belongs to '${schema}', which stands below '${module}'.`
}

/** Every text of a file that may be SQL, without what is quoted or a comment in it. */
function textsOf(file: SourceFile): { text: string; start: number }[] {
  const found: { text: string; start: number }[] = []
  new Visitor({
    Literal(node) {
      if (typeof node.value === 'string') found.push({ text: node.value, start: node.start + 1 })
    },
    TemplateElement(node) {
      found.push({ text: bareSql(node.value.raw), start: node.start })
    },
    ImportDeclaration() {},
  }).visit(file.program)
  return found
}
