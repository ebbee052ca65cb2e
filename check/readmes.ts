import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { order } from './order.ts'
import { type Finding, read, readOr, type Tree } from './tree.ts'

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
  const documents = globSync(['*.md', 'src/**/*.md', 'docs/**/*.md'], { cwd: tree.root })
  return {
    faults: [...faults, ...documents.flatMap((path) => lostPaths(tree.root, path))],
    note: `${modules.length} modules, ${documents.length} documents`,
  }
}

/** A file or folder that a document names in backquotes and that is not there (any more). */
function lostPaths(root: string, document: string): string[] {
  return read(root, document)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/`((?:src|test|bench|check|migrations|docs|examples)\/[\w./-]*)`/g)]
        .filter(([, path]) => !existsSync(join(root, path as string)))
        .map(([, path]) => `${document}:${index + 1}: there is no ${path}. Name what took its place.`),
    )
}
