import { order, placeOf, startPoints } from './order.ts'
import type { Finding, Import, SourceFile, Tree } from './tree.ts'

/** A module imports only modules that stand above it; the product imports nothing that is about it. */
export function moduleOrder(tree: Tree): Finding {
  const faults: string[] = []
  const seen = new Set<string>()
  for (const file of tree.files) {
    if (file.area !== 'src') continue
    if (placeOf(file.module) === undefined && !seen.has(file.module)) {
      seen.add(file.module)
      faults.push(
        `${file.path}: '${file.module}' has no place in the order of modules. Give it one line in check/order.ts, or move the file into a module.`,
      )
    }
    for (const taken of file.imports) {
      const fault = faultOf(file, taken)
      if (fault) faults.push(`${file.path}:${taken.line}: ${fault}`)
    }
  }
  return {
    faults,
    note: `${order.filter((module) => tree.files.some((file) => file.module === module)).length} modules`,
  }
}

function faultOf(file: SourceFile, { target, specifier }: Import): string | undefined {
  if (target === undefined) return undefined
  const [area, folder = ''] = target.split('/')
  if (area !== 'src')
    return file.isTest
      ? undefined
      : `the product imports '${specifier}', which is outside src. Move what it needs into a module.`
  const wanted = target.split('/').length === 2 ? folder.replace(/\.ts$/, '') : folder
  if (wanted === file.module) return undefined
  const here = placeOf(file.module)
  const there = placeOf(wanted)
  if (there === undefined) return `it imports '${specifier}', and '${wanted}' has no place in check/order.ts.`
  if (here === undefined || there < here) return undefined
  if (startPoints.includes(wanted))
    return `'${file.module}' imports '${wanted}.ts', the start point that wires all modules. Let ${wanted}.ts hand in what is needed.`
  return `'${file.module}' imports '${wanted}', which stands below it. Move what both need up into a module above '${file.module}', or let app.ts hand it in.`
}

/** What a module keeps to itself: its statements, its routes, and what is there for tests only. */
export function privateFiles(tree: Tree): Finding {
  const faults: string[] = []
  for (const file of tree.files) {
    for (const { target, line, isReexport, names } of file.imports) {
      if (!target?.startsWith('src/')) continue
      const [, module = '', ...rest] = target.split('/')
      const name = rest.at(-1)?.replace(/\.ts$/, '')
      const where = `${file.path}:${line}`
      const foreign = file.area !== 'src' || file.module !== module
      if (foreign && name === 'sql')
        faults.push(
          `${where}: the statements of '${module}' are its own. Read a view it publishes, or call a command of it.`,
        )
      if (
        foreign &&
        !file.isTest &&
        name?.split('-').at(-1) === 'routes' &&
        !['src/api.ts', 'src/app.ts'].includes(file.path)
      )
        faults.push(`${where}: the routes of '${module}' are imported by src/api.ts alone.`)
      if (name === 'testing' && file.area === 'src' && !file.isTest && file.name !== 'testing')
        faults.push(`${where}: ${target} is there for tests; the product must not need it.`)
      if (isReexport && names.some((taken) => taken.name === '*'))
        faults.push(`${where}: 'export *' hides where a name comes from. Import it from ${target} where it is used.`)
    }
  }
  return { faults }
}
