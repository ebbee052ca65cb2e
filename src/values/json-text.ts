/** How a key ends in compact JSON, made once for each: its first quote is sought last, because quotes are everywhere. */
const heads = new Map<string, string>()
const headsMax = 10_000
const [quote, backslash] = [34, 92]

/**
 * The text that a key has in compact JSON whose values are all texts; undefined where there is none. No value can hold
 * what is looked for: quotes within it are escaped.
 */
export function valueIn(json: string, key: string): string | undefined {
  let head = heads.get(key)
  if (head === undefined) {
    if (heads.size >= headsMax) heads.clear()
    heads.set(key, (head = `${JSON.stringify(key).slice(1)}:"`))
  }
  let at = json.indexOf(head)
  // Behind a backslash it is no beginning either, but the end of a quote in a longer key.
  while (at >= 0 && (json.charCodeAt(at - 1) !== quote || json.charCodeAt(at - 2) === backslash)) {
    at = json.indexOf(head, at + 1)
  }
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
