import { order } from './order.ts'
import { type Finding, readOr, type Tree } from './tree.ts'

const linesMin = 10
const linesMax = 60

/** Each module says in half a page which words it keeps, what it owns, what it does not do, and what always holds. */
export function readmes(tree: Tree): Finding {
  const modules = order.filter((module) => tree.files.some((file) => file.area === 'src' && file.module === module))
  const faults = modules.flatMap((module) => {
    const path = `src/${module}/README.md`
    const text = readOr(tree.root, path)
    if (text === undefined)
      return [`${path} is missing. Write ${linesMin} to ${linesMax} lines: words, owns, does not, invariants.`]
    const lines = text.trimEnd().split('\n')
    const found: string[] = []
    if (lines[0] !== `# ${module}`) found.push(`${path}:1: the first line is '# ${module}'.`)
    if (lines.length < linesMin || lines.length > linesMax)
      found.push(`${path}: ${lines.length} lines; between ${linesMin} and ${linesMax} are asked for.`)
    return found
  })
  return { faults, note: `${modules.length} modules` }
}
