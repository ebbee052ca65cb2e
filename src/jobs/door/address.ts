/** A URL as it was asked for: what stands before the first question mark, and all that stands behind it. */
export function pathAndQuery(url: string): readonly [path: string, query: string | undefined] {
  const at = url.indexOf('?')
  return at < 0 ? [url, undefined] : [url.slice(0, at), url.slice(at + 1)]
}
