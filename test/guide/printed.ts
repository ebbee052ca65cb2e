import { strict as assert } from 'node:assert'
import type { Fence } from './page.ts'

/**
 * Compares what was printed with what the guide shows: `…` is anything, and alone on a line any number of lines. How wide
 * a column is does not count: it follows figures that are others each time, such as the milliseconds that were taken.
 */
export function assertPrinted(actual: string, { kind, text }: Fence, where: string): void {
  if (kind === 'json') return assertLike(parsed(withoutProgress(actual), where), parsed(text, where), where)
  const pattern = text
    .trimEnd()
    .split('\n')
    .map((line) => (line.trim() === '…' ? anyLines : `${partsOf(narrow(line))}\\n`))
    .join('')
  assert.match(
    `${narrow(withoutProgress(actual).trimEnd())}\n`,
    new RegExp(`^${pattern}$`),
    `${where}: the guide shows\n${text}`,
  )
}

/** On a slow machine a command tells how far it is; where that is shown, the guide shows it. */
const withoutProgress = (text: string): string => text.replaceAll(progressLine, '')
const progressLine =
  /^[\d,]+ (?:jobs read(?:, .*)?|rows (?:replayed|written|restored)|checks? done, [\d,]+ records? rated again)\n/gm

const narrow = (text: string): string => text.replaceAll(/[ ─]+/g, ' ').replaceAll(/ $/gm, '')
const anyLines = '(?:.*\\n)*?'
const partsOf = (line: string): string =>
  line
    .trimEnd()
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('.*')

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    assert.fail(`${where}: this is no JSON:\n${text}`)
  }
}

/** The same keys in both, whatever their order; a text with `…` is a pattern, and a key `…` stands for any others. */
function assertLike(actual: unknown, shown: unknown, where: string): void {
  const message = `${where}: it answered ${JSON.stringify(actual)}`
  if (typeof shown === 'string' && shown.includes('…')) {
    return assert.match(String(actual), new RegExp(`^${partsOf(shown)}$`), message)
  }
  if (Array.isArray(shown)) {
    assert(Array.isArray(actual), message)
    assert.equal(actual.length, shown.length, message)
    return shown.forEach((each, index) => assertLike(actual[index], each, where))
  }
  if (typeof shown !== 'object' || shown === null) return assert.equal(actual, shown, message)
  assert(typeof actual === 'object' && actual !== null, message)
  const { '…': more, ...keys } = shown as Record<string, unknown>
  if (more === undefined) assert.deepEqual(Object.keys(actual).sort(), Object.keys(keys).sort(), message)
  for (const [key, value] of Object.entries(keys)) assertLike((actual as Record<string, unknown>)[key], value, where)
}
