import type { Clock } from './clock.ts'
import { parseDuration } from './duration.ts'
import type { Layout } from './layout.ts'
import { stateOf } from './state.ts'

/** How much is tried before a row counts as ambiguous. */
const triesMax = 10_000
/** More delimiters than this are no name. */
const surplusMax = 200

const number = /^\d*$/
const id = /^\d+(?:_(?:\d+|\[.*\])|\+\d+)?(?:\.\w+)?$/
const tres = /^(?:[a-z][\w/:.-]*=[^,|\s]*(?:,[a-z][\w/:.-]*=[^,|\s]*)*)?$/
const word = /^[^\s|"]*$/
const patterns: Record<string, RegExp> = {
  jobid: id,
  jobidraw: id,
  alloctres: tres,
  reqtres: tres,
  exitcode: /^(?:\d+:\d+)?$/,
  derivedexitcode: /^(?:\d+:\d+)?$/,
  ...Object.fromEntries(
    ['elapsedraw', 'cputimeraw', 'alloccpus', 'ncpus', 'allocnodes', 'nnodes', 'dbindex', 'uid', 'gid', 'associd'].map(
      (name) => [name, number],
    ),
  ),
  ...Object.fromEntries(['account', 'user', 'cluster', 'partition', 'qos', 'group'].map((name) => [name, word])),
}
const moments = new Set(['submit', 'eligible', 'start', 'end'])
const durations = new Set(['elapsed', 'totalcpu', 'cputime', 'suspended', 'systemcpu', 'usercpu'])

/** Whether a value can stand in a column; columns that are not known take anything. */
function fits(name: string, value: string, clock: Clock): boolean {
  if (name === 'state') return stateOf(value) !== undefined
  if (moments.has(name)) return !Number.isNaN(clock.read(value))
  if (durations.has(name)) return value === '' || value === 'INVALID' || parseDuration(value) !== undefined
  return patterns[name]?.test(value) ?? true
}

/**
 * Finds the columns of a row that has more delimiters than its header, because users wrote some into their names
 * and comments: the surplus goes to the free-text columns, wherever every other column then makes sense. Undefined
 * when there is no such way, `several` when more than one that matters, or too many to look at.
 */
export function align(parts: readonly string[], layout: Layout, clock: Clock): string[] | 'several' | undefined {
  const { names, freeColumns, columns, delimiter } = layout
  const surplus = parts.length - names.length
  if (surplus < 0 || surplus > surplusMax || (surplus > 0 && freeColumns.length === 0)) return undefined
  const lower = names.map((name) => name.toLowerCase())
  const isFree = new Set(freeColumns)
  const found = new Map<string, string[]>()
  const values: string[] = []
  let tries = 0
  const place = (column: number, at: number, left: number): void => {
    if (found.size > 1 || ++tries > triesMax) return
    if (column === names.length) {
      if (left === 0) found.set(JSON.stringify(Object.values(columns).map((index) => values[index])), [...values])
      return
    }
    const most = isFree.has(column) ? left : 0
    for (let extra = 0; extra <= most; extra++) {
      const value = extra === 0 ? (parts[at] as string) : parts.slice(at, at + extra + 1).join(delimiter)
      if (!isFree.has(column) && !fits(lower[column] as string, value, clock)) return
      values[column] = value
      place(column + 1, at + extra + 1, left - extra)
    }
  }
  place(0, 0, surplus)
  return found.size > 1 || tries > triesMax ? 'several' : [...found.values()][0]
}

/** Whether the values before a column make sense where they stand; names and comments always do. */
export function beginsWell(
  cell: (column: number) => string,
  end: number,
  { names, freeColumns }: Layout,
  clock: Clock,
): boolean {
  for (let column = 0; column < end; column++) {
    if (!freeColumns.includes(column) && !fits((names[column] as string).toLowerCase(), cell(column), clock))
      return false
  }
  return true
}
