/** How a key begins in compact JSON, made once for each. */
const heads = new Map<string, string>()
const headsMax = 10_000

/**
 * The text that a key has in compact JSON whose values are all texts; undefined where there is none. No value can hold
 * what is looked for: quotes within it are escaped.
 */
export function valueIn(json: string, key: string): string | undefined {
  let head = heads.get(key)
  if (head === undefined) {
    if (heads.size >= headsMax) heads.clear()
    heads.set(key, (head = `${JSON.stringify(key)}:"`))
  }
  const at = json.indexOf(head)
  if (at < 0) return undefined
  const from = at + head.length
  const end = json.indexOf('"', from)
  const value = json.slice(from, end)
  return value.includes('\\') ? (JSON.parse(json) as Record<string, string>)[key] : value
}

/** What JSON writes otherwise than it is. */
const special = /["\\\p{Cc}\p{Cs}]/u

/** A text as it stands between the quotes of JSON. */
export const inQuotes = (text: string): string => (special.test(text) ? JSON.stringify(text).slice(1, -1) : text)
