/**
 * The values of one CSV record: quoted ones may hold the delimiter, newlines and doubled quotes. A quote inside a
 * bare value is just a letter. Undefined when the last quote is not closed.
 */
export function splitQuoted(record: string, delimiter: string): string[] | undefined {
  const values: string[] = []
  let at = 0
  for (;;) {
    if (record[at] === '"') {
      const end = closingQuote(record, at + 1)
      if (end < 0) return undefined
      const isBare = end + 1 < record.length && !record.startsWith(delimiter, end + 1)
      if (!isBare) {
        values.push(record.slice(at + 1, end).replaceAll('""', '"'))
        at = end + 1
        if (at >= record.length) return values
        at += delimiter.length
        continue
      }
    }
    const next = record.indexOf(delimiter, at)
    values.push(next < 0 ? record.slice(at) : record.slice(at, next))
    if (next < 0) return values
    at = next + delimiter.length
  }
}

function closingQuote(record: string, from: number): number {
  for (let at = record.indexOf('"', from); at >= 0; at = record.indexOf('"', at + 2))
    if (record[at + 1] !== '"') return at
  return -1
}
