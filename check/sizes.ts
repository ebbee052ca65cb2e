import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Visitor } from 'oxc-parser'
import { type Finding, isProduct, type SourceFile, type Tree } from './tree.ts'

/** How far a figure may stand below its ratchet before the ratchet has to follow: one file more or less is no step. */
const slack = 5
const limits = { file: 300, function: 70, median: 60, ninetieth: 200 }

/** Small enough to be read in one go. Limits of one file are hard; those of all files together are a ratchet. */
export function sizes(tree: Tree): Finding {
  const faults: string[] = []
  for (const file of tree.files) {
    if (file.lines > limits.file)
      faults.push(`${file.path}: ${file.lines} lines, and ${limits.file} are the most. Split it by what it speaks of.`)
    for (const { name, start, lines } of functionsOf(file))
      if (lines > limits.function)
        faults.push(
          `${file.at(start)}: ${name} has ${lines} lines, and ${limits.function} are the most. Give a part of it a name.`,
        )
  }

  const lengths = tree.files.filter(isProduct).map((file) => file.lines)
  const ratchet = readRatchet(tree.root)
  const notes: string[] = []
  for (const [key, share] of [
    ['median', 0.5],
    ['ninetieth', 0.9],
  ] as const) {
    const now = percentile(lengths, share)
    const allowed = Math.max(limits[key], ratchet[key] ?? 0)
    const word = key === 'median' ? 'median' : '90th percentile'
    notes.push(`${word} ${now}${now > limits[key] ? ` (goal ${limits[key]})` : ''}`)
    if (now > allowed)
      faults.push(
        `src: the ${word} of file lengths is ${now} lines, and ${allowed} are allowed. Split the files that grew last.`,
      )
    if (allowed > limits[key] && now <= allowed - slack)
      faults.push(
        `check/ratchet.json: the ${word} came down to ${now}; write ${Math.max(now, limits[key])} there, so that it stays.`,
      )
  }
  return { faults, note: notes.join(', ') }
}

/** The smallest length that at least this share of the files does not exceed. */
export function percentile(lengths: readonly number[], share: number): number {
  const sorted = [...lengths].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** Limits of all files together that are not met yet: they may fall, and never rise. */
function readRatchet(root: string): { median?: number; ninetieth?: number } {
  try {
    return JSON.parse(readFileSync(join(root, 'check/ratchet.json'), 'utf8')) as { median?: number; ninetieth?: number }
  } catch {
    return {}
  }
}

function functionsOf(file: SourceFile): { name: string; start: number; lines: number }[] {
  const found: { name: string; start: number; lines: number }[] = []
  const add = (node: { start: number; end: number; id?: { name: string } | null }) => {
    const lines = file.text.slice(node.start, node.end).split('\n').length
    found.push({ name: node.id?.name ?? 'a function', start: node.start, lines })
  }
  new Visitor({
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: ({ start, end }) => add({ start, end }),
  }).visit(file.program)
  return found
}
