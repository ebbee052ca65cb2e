/** Vowels and tone marks above and below a Thai consonant, accents, joiners: they take no column of their own. */
const narrowest = /\p{Mn}|\p{Me}|\p{Cf}/u
/** Characters of East Asia and pictures: two columns. */
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u
/** What would move the cursor, change colours or turn the line around when printed as it is. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
const onlyAscii = /^[\x20-\x7e]*$/

/** How many columns of a terminal the text takes. */
export function widthOf(text: string): number {
  if (onlyAscii.test(text)) return text.length
  let width = 0
  for (const character of text) width += narrowest.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}

/** Job names come from strangers: a control character in one is shown, never obeyed. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Cuts to so many columns, with `…` for what is left out; never between a letter and its marks. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    const next = widthOf(segment)
    if (width + next > columns - 1) break
    kept += segment
    width += next
  }
  return `${kept}…`
}
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })

export function padTo(text: string, columns: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - widthOf(text)))
  return align === 'left' ? text + space : space + text
}
