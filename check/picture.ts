import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { order, startPoints } from './order.ts'
import { type Finding, isProduct, readOr, readTree, type SourceFile, type Tree } from './tree.ts'

const path = 'ARCHITECTURE.md'
const opening = '<!-- picture: npm run picture -->'
const closing = '<!-- /picture -->'

/**
 * Who imports whom, as one drawing that needs no viewer: rows import columns. Because the modules stand in their
 * order, every mark is left of the diagonal; a mark right of it would be a flow backwards. Nothing is counted here:
 * the picture changes when the graph does, not with every line.
 */
export function drawing(tree: Tree): string {
  const files = tree.files.filter(isProduct)
  const modules = [...order, ...startPoints].filter((module) => files.some((file) => file.module === module))
  const wide = Math.max(...modules.map((module) => module.length), 0)
  const head = modules.map((_, index) => String(index + 1).padStart(3)).join('')
  const rows = modules.map((module, row) => {
    const own = files.filter((file) => file.module === module)
    const marks = modules.map((other, column) => (row === column ? '  ╲' : `  ${mark(own, other)}`)).join('')
    return `${String(row + 1).padStart(3)} ${module.padEnd(wide)} ${marks}`
  })
  const caption = '● imports   ○ imports types only   without tests'
  return [`    ${' '.repeat(wide)} ${head}`, ...rows, '', caption].map((line) => line.trimEnd()).join('\n')
}

function mark(own: readonly SourceFile[], other: string): string {
  const taken = own.flatMap((file) => file.imports.filter(({ target }) => target && moduleOf(target) === other))
  return taken.length === 0 ? '·' : taken.every((one) => one.typeOnly) ? '○' : '●'
}

const moduleOf = (target: string): string => (target.split('/')[1] ?? '').replace(/\.ts$/, '')

export function picture(tree: Tree): Finding {
  const text = readOr(tree.root, path) ?? ''
  const [from, to] = [text.indexOf(opening), text.indexOf(closing)]
  if (from < 0 || to < from)
    return {
      faults: [`${path}: the lines '${opening}' and '${closing}' are missing; the picture stands between them.`],
    }
  const stale = text.slice(from, to) !== block(tree)
  return { faults: stale ? [`${path}: the picture of modules is not that of the program. Run 'npm run picture'.`] : [] }
}

const block = (tree: Tree): string => `${opening}\n\`\`\`text\n${drawing(tree)}\n\`\`\`\n`

if (import.meta.main && process.argv.includes('--write')) {
  const root = join(import.meta.dirname, '..')
  const text = readOr(root, path) ?? ''
  writeFileSync(
    join(root, path),
    text.slice(0, text.indexOf(opening)) + block(readTree(root)) + text.slice(text.indexOf(closing)),
  )
} else if (import.meta.main) {
  process.stdout.write(`${drawing(readTree(join(import.meta.dirname, '..')))}\n`)
}
