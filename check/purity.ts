import { type Expression, Visitor } from 'oxc-parser'
import { impureModules, impureNames, saysImpure, startPoints } from './order.ts'
import { type Finding, isProduct, type SourceFile, type Tree } from './tree.ts'

const nodeAllowed: readonly string[] = ['node:assert', 'node:assert/strict', 'node:crypto']
const worldlyPackages = /^(pg|pg-copy-streams|fastify|@fastify\/.*|pino|prom-client|commander)$/
/** Who holds one of these can reach the database through it, whatever the file imports. */
const capabilities: readonly string[] = ['Reader', 'Writer', 'Database', 'House', 'Pool', 'PoolClient']
const worldlyGlobals = new Set(['process', 'console', 'performance'])
const worldlyCalls = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'])

type Breach = { readonly place: string; readonly what: string }

const saysItIsImpure = (file: SourceFile): boolean =>
  file.isTest || saysImpure(file.name) || startPoints.includes(file.module)

/**
 * A pure file answers the same for the same input, for ever: it can be tested without a database, replayed to
 * explain an old charge, and run in a browser. What touches the world says so by its name or its module.
 */
export function purity(tree: Tree): Finding {
  const files = new Map(tree.files.map((file) => [file.path, file]))
  const known = new Map<string, readonly Breach[]>()

  const breachesOf = (file: SourceFile): readonly Breach[] => {
    const before = known.get(file.path)
    if (before) return before
    known.set(file.path, []) // A circle is told by another check.
    const found = [...ownBreaches(file), ...importBreaches(file)]
    known.set(file.path, found)
    return found
  }

  const importBreaches = (file: SourceFile): Breach[] =>
    file.imports.flatMap(({ target, specifier, line, typeOnly, names }) => {
      const place = `${file.path}:${line}`
      if (target === undefined) return worldly(specifier) ? [{ place, what: `imports '${specifier}'` }] : []
      const capability = names.find(({ name }) => capabilities.includes(name))
      if (capability) return [{ place, what: `imports ${capability.name}, through which one reaches the database` }]
      // Types are erased; what they name cannot act.
      const imported = files.get(target)
      if (typeOnly || !imported) return []
      if (saysItIsImpure(imported)) return [{ place, what: `imports ${target}, which touches the world` }]
      // In a module of the world a file may still be pure in fact, as the escaping of a text for COPY is.
      const [first] = impureModules.includes(imported.module) ? breachesOf(imported) : []
      return first ? [{ place, what: `imports ${target}, which touches the world (${first.place} ${first.what})` }] : []
    })

  const pure = tree.files.filter(
    (file) => isProduct(file) && !saysItIsImpure(file) && !impureModules.includes(file.module),
  )
  const faults = pure.flatMap((file) =>
    breachesOf(file).map(
      ({ place, what }) =>
        `${place}: this file is pure and ${what}. Take the value as an argument, or move this into a file named ${impureNames.slice(0, 6).join(', ')}.`,
    ),
  )
  return { faults, note: `${pure.length} pure files` }
}

const worldly = (specifier: string): boolean =>
  specifier.startsWith('node:') ? !nodeAllowed.includes(specifier) : worldlyPackages.test(specifier)

function ownBreaches(file: SourceFile): Breach[] {
  const found: Breach[] = []
  const add = (offset: number, what: string) => found.push({ place: file.at(offset), what })
  const named = (node: Expression | { type: string }, name: string) =>
    node.type === 'Identifier' && (node as { name?: string }).name === name
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier') return
      const property = node.computed ? '' : node.property.type === 'Identifier' ? node.property.name : ''
      const whole = `${node.object.name}.${property}`
      if (worldlyGlobals.has(node.object.name) || whole === 'Date.now' || whole === 'Math.random')
        add(node.start, `uses ${whole}`)
      if (node.object.name === 'globalThis' && worldlyGlobals.has(property)) add(node.start, `uses ${whole}`)
    },
    NewExpression(node) {
      if (named(node.callee, 'Date') && node.arguments.length === 0) add(node.start, 'asks the clock by new Date()')
    },
    CallExpression(node) {
      if (named(node.callee, 'Date')) add(node.start, 'asks the clock by Date()')
      if (node.callee.type === 'Identifier' && worldlyCalls.has(node.callee.name))
        add(node.start, `calls ${node.callee.name}`)
    },
  }).visit(file.program)
  return found
}
