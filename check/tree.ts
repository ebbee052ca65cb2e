import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type Program, parseSync, type StaticExportEntry, type StaticImportEntry, Visitor } from 'oxc-parser'

/** Where the project keeps programs. `src` is the product, the others are about it. */
const areas = ['src', 'test', 'bench', 'check'] as const
export type Area = (typeof areas)[number]

/** `name` is `*` when a whole module is taken. */
export type Imported = { readonly name: string; readonly local: string; readonly typeOnly: boolean }

export type Import = {
  readonly specifier: string
  /** The imported file, from the root of the project; undefined when it is a package or `node:`. */
  readonly target: string | undefined
  readonly names: readonly Imported[]
  readonly typeOnly: boolean
  readonly isReexport: boolean
  readonly line: number
}

export type Export = { readonly name: string; readonly typeOnly: boolean; readonly line: number }

export type SourceFile = {
  readonly path: string
  readonly area: Area
  /** The folder below `src`, or the name of a start point; '' outside `src`. */
  readonly module: string
  /** `sql` of `src/ledger/sql.ts`. */
  readonly name: string
  readonly isTest: boolean
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
  readonly program: Program
  readonly comments: readonly { readonly text: string; readonly start: number }[]
  /** `src/ledger/sql.ts:12`, for a place in the text. */
  readonly at: (offset: number) => string
}

export type Migration = { readonly path: string; readonly text: string }

export type Tree = {
  readonly root: string
  readonly files: readonly SourceFile[]
  readonly migrations: readonly Migration[]
}

/** What a check found: one sentence for each fault, saying where it is and what to do. */
export type Finding = { readonly faults: readonly string[]; readonly note?: string | undefined }
export type Rule = (tree: Tree) => Finding

export function readTree(root: string): Tree {
  const files = areas.flatMap((area) => filesBelow(root, area).map((path) => readSource(root, area, path)))
  const migrations = filesBelow(root, 'migrations', '.sql').map((path) => ({ path, text: read(root, path) }))
  return { root, files, migrations }
}

/** The product without its tests: what the house rules are for. */
export const isProduct = (file: SourceFile): boolean => file.area === 'src' && !file.isTest && file.name !== 'testing'

export const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8')

/** The text of a file that may be missing. */
export function readOr(root: string, path: string): string | undefined {
  return existsSync(join(root, path)) ? read(root, path) : undefined
}

function filesBelow(root: string, folder: string, suffix = '.ts'): string[] {
  let entries: string[]
  try {
    entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.endsWith(suffix) && !/(^|\/)(fixtures|node_modules)\//.test(entry))
    .map((entry) => `${folder}/${entry}`)
    .sort()
}

function readSource(root: string, area: Area, path: string): SourceFile {
  const text = read(root, path)
  const { program, module, comments, errors } = parseSync(path, text)
  const [syntax] = errors
  if (syntax) throw new Error(`${path} cannot be read as TypeScript: ${syntax.message}`)
  const lineOf = lineFinder(text)
  const resolve = (specifier: string) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined

  const taken: { specifier: string; names: Imported[]; isReexport: boolean; start: number }[] = []
  for (const { moduleRequest, entries, start } of module.staticImports)
    taken.push({ specifier: moduleRequest.value, names: entries.map(importedName), isReexport: false, start })
  for (const statement of module.staticExports)
    for (const entry of statement.entries)
      if (entry.moduleRequest)
        taken.push({
          specifier: entry.moduleRequest.value,
          names: [reexportedName(entry)],
          isReexport: true,
          start: entry.start,
        })
  taken.push(...importExpressions(program))

  const exports = module.staticExports.flatMap((statement) =>
    statement.entries
      .filter((entry) => !entry.moduleRequest)
      .map((entry) => ({
        name: entry.exportName.name ?? 'default',
        typeOnly: entry.isType,
        line: lineOf(entry.start),
      })),
  )

  const parts = path.split('/')
  const stem = (parts.at(-1) as string).replace(/\.ts$/, '')
  return {
    path,
    area,
    module: area !== 'src' ? '' : parts.length === 2 ? stem.replace(/\.test$/, '') : (parts[1] as string),
    name: stem.replace(/\.test$/, ''),
    isTest: stem.endsWith('.test'),
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: taken.map(({ specifier, names, isReexport, start }) => ({
      specifier,
      target: resolve(specifier),
      names,
      // A bare `import './x.ts'` names nothing and still runs the file.
      typeOnly: names.length > 0 && names.every((name) => name.typeOnly),
      isReexport,
      line: lineOf(start),
    })),
    exports,
    program,
    comments: comments.map(({ value, start }) => ({ text: value, start })),
    at: (offset) => `${path}:${lineOf(offset)}`,
  }
}

function importedName({ importName, localName, isType }: StaticImportEntry): Imported {
  const kind = importName.kind as string
  const name = kind === 'Name' ? (importName.name ?? '*') : kind === 'Default' ? 'default' : '*'
  return { name, local: localName.value, typeOnly: isType }
}

const reexportedName = ({ importName, isType }: StaticExportEntry): Imported => ({
  name: importName.name ?? '*',
  local: '',
  typeOnly: isType,
})

/** `await import('./x.ts')` and the type `import('./x.ts').Name`: both take a whole file as far as we look. */
function importExpressions(program: Program) {
  const found: { specifier: string; names: Imported[]; isReexport: boolean; start: number }[] = []
  const add = (specifier: unknown, typeOnly: boolean, start: number) => {
    if (typeof specifier === 'string')
      found.push({ specifier, names: [{ name: '*', local: '', typeOnly }], isReexport: false, start })
  }
  new Visitor({
    ImportExpression: ({ source, start }) => add(source.type === 'Literal' ? source.value : undefined, false, start),
    TSImportType: ({ source, start }) => add(source.value, true, start),
  }).visit(program)
  return found
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let place = text.indexOf('\n'); place >= 0; place = text.indexOf('\n', place + 1)) starts.push(place + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] as number) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}
