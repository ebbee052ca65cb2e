import { Visitor } from 'oxc-parser'
import { type Finding, isProduct, type SourceFile, type Tree } from './tree.ts'

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
const floats = new Set(['parseFloat', 'toFixed', 'toPrecision'])
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

    for (const { text, start } of file.comments)
      for (const line of text.split('\n'))
        for (const fault of commentFaults(line)) faults.push(`${file.at(start + text.indexOf(line))}: ${fault}`)
    if (isProduct(file)) faults.push(...codeFaults(file))
  }
  return { faults }
}

function commentFaults(line: string): string[] {
  const faults: string[] = []
  const silenced = suppression.exec(line)
  if (silenced && !/(:|--)\s*\S+\s+\S+/.test(silenced[2] as string))
    faults.push(`'${silenced[1]}' without a reason. Write ': ' or ' -- ' and why the rule is wrong here.`)
  if (/@ts-(ignore|nocheck)\b/.test(line))
    faults.push("'@ts-ignore' hides whatever comes later. Use '@ts-expect-error' with a reason.")
  if (/\b(TODO|FIXME|XXX)\b/.test(line) && !/\b(TODO|FIXME|XXX) (when|until|once|after)\b/.test(line))
    faults.push("a TODO says when it falls due: 'TODO when …', 'TODO until …'.")
  return faults
}

function codeFaults(file: SourceFile): string[] {
  const faults: string[] = []
  new Visitor({
    Identifier({ name, start }) {
      if (floats.has(name))
        faults.push(
          `${file.at(start)}: '${name}' makes a binary float. Use values/decimal.ts, or a whole number of the smallest part.`,
        )
      if (/[a-z]V[2-9]$/.test(name))
        faults.push(`${file.at(start)}: '${name}' ends in a version. Name what is different about it.`)
    },
  }).visit(file.program)
  return faults
}
