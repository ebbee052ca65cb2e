const gaps = /[\n\r\p{Z}\p{P}\p{S}]+/u
const unspaced = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const segments = new Intl.Segmenter('th', { granularity: 'word' })

/**
 * The words of a text, for the search. Thai writes its words without spaces: a whole sentence would be one word that
 * nobody types. The sentence stays a word beside its parts, so that a name is found as it was written.
 */
export function wordsOf(text: string): string[] {
  return text.split(gaps).flatMap((word) => {
    if (!unspaced.test(word)) return [word]
    const parts = [...segments.segment(word)].map(({ segment }) => segment)
    return parts.length > 1 ? [word, ...parts] : parts
  })
}
