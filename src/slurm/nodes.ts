/** Longer lists stay as Slurm wrote them: a record is no place for a whole machine. */
export const nodesMax = 2048

/** Expands `c[1-2,07-09],g1` to `c1,c2,c07,c08,c09,g1`; undefined when there are no nodes. */
export function expandNodes(text: string): string | undefined {
  if (text === '' || text === 'None assigned' || text === '(null)' || text === 'None') return undefined
  if (!text.includes('[')) return text
  const names: string[] = []
  for (const part of topLevel(text)) {
    const expanded = expandPart(part)
    if (expanded === undefined || names.length + expanded.length > nodesMax) return text
    names.push(...expanded)
  }
  return names.join(',')
}

/** Cuts at the commas that stand outside brackets. */
function topLevel(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (letter === '[') depth++
    else if (letter === ']') depth--
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}

/** One name with any number of brackets: `r[1-2]n[1-4]`. */
function expandPart(part: string): string[] | undefined {
  const open = part.indexOf('[')
  if (open < 0) return [part]
  const close = part.indexOf(']', open)
  if (close < 0) return undefined
  const numbers = expandRanges(part.slice(open + 1, close))
  const rests = expandPart(part.slice(close + 1))
  if (!numbers || !rests || numbers.length * rests.length > nodesMax) return undefined
  const prefix = part.slice(0, open)
  return numbers.flatMap((number) => rests.map((rest) => prefix + number + rest))
}

/** `1-2,07-09`: the width of the first number is kept. */
function expandRanges(text: string): string[] | undefined {
  const numbers: string[] = []
  for (const range of text.split(',')) {
    const match = /^(\d{1,12})(?:-(\d{1,12}))?$/.exec(range)
    if (!match) return undefined
    const first = Number(match[1])
    const last = match[2] === undefined ? first : Number(match[2])
    if (last < first || numbers.length + last - first >= nodesMax) return undefined
    const width = (match[1] as string).length
    for (let number = first; number <= last; number++) numbers.push(String(number).padStart(width, '0'))
  }
  return numbers
}
