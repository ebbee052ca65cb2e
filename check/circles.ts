import type { Finding, Tree } from './tree.ts'

/** No file imports itself through others, in the product or beside it. Types count: a circle of types is one knot to read. */
export function circles(tree: Tree): Finding {
  const imports = new Map(tree.files.map((file) => [file.path, file.imports.flatMap(({ target }) => target ?? [])]))
  const done = new Set<string>()
  const trail: string[] = []
  const faults: string[] = []

  const walk = (path: string) => {
    const place = trail.indexOf(path)
    if (place >= 0) {
      const circle = [...trail.slice(place), path].join(' → ')
      faults.push(`${path}: it imports itself through others: ${circle}. Move what both need into a file of its own.`)
      return
    }
    if (done.has(path)) return
    trail.push(path)
    for (const target of imports.get(path) ?? []) walk(target)
    trail.pop()
    done.add(path)
  }

  for (const file of tree.files) walk(file.path)
  return { faults, note: `${tree.files.length} files` }
}
