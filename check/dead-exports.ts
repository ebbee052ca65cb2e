import type { Finding, SourceFile, Tree } from './tree.ts'

/** An export that nobody imports is a promise to nobody: drop the word `export`, or the whole thing. */
export function deadExports(tree: Tree): Finding {
  const used = new Set<string>()
  for (const file of tree.files)
    for (const { target, names } of file.imports)
      if (target !== undefined && target !== file.path)
        for (const { name, local } of names)
          for (const taken of name === '*' ? namesTaken(file, local) : [name]) used.add(`${target} ${taken}`)

  const faults: string[] = []
  for (const file of tree.files)
    for (const { name, typeOnly, line } of file.exports) {
      if (file.isTest || used.has(`${file.path} ${name}`) || used.has(`${file.path} *`)) continue
      const usedAtHome = [...file.text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1
      // A type that shapes what this file exports is part of it, though nobody has to write its name.
      if (typeOnly && usedAtHome) continue
      faults.push(
        `${file.path}:${line}: nobody imports '${name}'. ${usedAtHome ? "Drop the word 'export'" : 'Remove it'}, or use it.`,
      )
    }
  return { faults, note: `${tree.files.reduce((sum, file) => sum + file.exports.length, 0)} exports` }
}

/** Of `import * as sql`, the names used as `sql.name`; everything when it is handed on as a whole. */
function namesTaken(file: SourceFile, local: string): readonly string[] {
  if (local === '') return ['*']
  const uses = [...file.text.matchAll(new RegExp(`(?<![.\\w$'"/])${local}\\b(\\.(\\w+))?`, 'g'))]
  // The import statement itself is the first use without a name behind it; words in comments do no harm.
  return uses.flatMap((use) => (use[2] === undefined ? [] : [use[2]]))
}
