import { type Finding, isProduct, type Tree } from './tree.ts'

const emptyWords = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'manager',
  'service',
  'services',
  'common',
  'shared',
  'misc',
  'v2',
])
const suppression =
  /(biome-ignore|oxlint-disable(?:-next-line|-line)?|eslint-disable(?:-next-line|-line)?|@ts-expect-error)\b(.*)/

/** Names that say nothing, floats near money, and silences without a reason. */
export function words(tree: Tree): Finding {
  const faults: string[] = []
  for (const file of tree.files) {
    const [, ...named] = file.path.replace(/(\.test)?\.ts$/, '').split('/')
    const empty = named.flatMap((part) => part.toLowerCase().split(/[-_.]/)).find((word) => emptyWords.has(word))
    if (empty) faults.push(`${file.path}: '${empty}' says nothing. Name the file by the noun it speaks of.`)
    if (named.at(-1) === 'index')
      faults.push(
        `${file.path}: no barrels. Import each thing from the file that makes it, and name this one by its noun.`,
      )

    for (const [index, line] of file.text.split('\n').entries()) {
      const where = `${file.path}:${index + 1}`
      for (const fault of lineFaults(line, isProduct(file))) faults.push(`${where}: ${fault}`)
    }
  }
  return { faults }
}

function lineFaults(line: string, isProductLine: boolean): string[] {
  const faults: string[] = []
  const comment = /(?:\/\/|\/\*|^\s*\*)(.*)/.exec(line)?.[1] ?? ''
  const silenced = suppression.exec(comment)
  if (silenced && !/(:|--)\s*\S+\s+\S+/.test(silenced[2] as string))
    faults.push(`'${silenced[1]}' without a reason. Write ': ' or ' -- ' and why the rule is wrong here.`)
  if (/@ts-(ignore|nocheck)\b/.test(comment))
    faults.push("'@ts-ignore' hides whatever comes later. Use '@ts-expect-error' with a reason.")
  if (/\b(TODO|FIXME|XXX)\b/.test(comment) && !/\b(TODO|FIXME|XXX) (when|until|once|after)\b/.test(comment))
    faults.push("a TODO says when it falls due: 'TODO when …', 'TODO until …'.")
  if (!isProductLine) return faults
  const float = /\b(parseFloat|toFixed|toPrecision)\s*\(/.exec(line)
  if (float)
    faults.push(`'${float[1]}' makes a binary float. Use values/decimal.ts, or a whole number of the smallest part.`)
  if (/\b[a-z]\w*V[2-9]\b/.test(line)) faults.push('a name that ends in a version. Name what is different about it.')
  return faults
}
