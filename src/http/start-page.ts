import { startPageWords } from './start-page-words.ts'

export type Language = 'en' | 'th'

/** What was asked for in the address, else what the browser prefers, else English. */
export function languageOf(asked: unknown, accepted: string | undefined): Language {
  if (asked === 'en' || asked === 'th') return asked
  const ranked = (accepted ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().split(/;\s*q=/)
      return { language: tag.slice(0, 2).toLowerCase(), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ language, quality }) => (language === 'en' || language === 'th') && quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return (ranked[0]?.language as Language | undefined) ?? 'en'
}

/** Ledger paper: a red margin, blue rules, figures that stand under each other. */
export const startPageStyle = `
:root { color-scheme: light dark; --paper: #fbfaf6; --ink: #1d2430; --soft: #5a6372; --rule: #d5dbe6; --margin: #b5473b; --field: #f1efe7; --accent: #1f5f8b }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #e6e4dc; --soft: #9aa3b2; --rule: #2c3543; --margin: #d97a6e; --field: #1c222c; --accent: #8fc1e6 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.65 system-ui, "Noto Sans Thai", "Sarabun", "Leelawadee UI", "Thonburi", sans-serif }
.sheet { max-width: 46rem; margin: 0 auto; padding: 1.25rem 1.25rem 3rem; border-inline-start: 2px solid var(--margin) }
a { color: var(--accent) }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 2px }
.skip { position: absolute; inset-inline-start: -100vw }
.skip:focus { inset-inline-start: 1rem; top: .5rem; background: var(--paper); padding: .25rem .75rem }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; justify-content: space-between }
.name { font-weight: 650; letter-spacing: .01em }
.name small { color: var(--soft); font-weight: 400; margin-inline-start: .5rem; font-variant-numeric: tabular-nums }
h1 { font-size: clamp(1.7rem, 5.5vw, 2.5rem); line-height: 1.25; letter-spacing: -.015em; margin: 2.2rem 0 .8rem; text-wrap: balance }
:lang(th) h1 { letter-spacing: 0; line-height: 1.45 }
h2 { font-size: 1.1rem; margin: 2.6rem 0 .4rem; padding-bottom: .35rem; border-bottom: 1px solid var(--rule) }
p { margin: 0 0 .9rem; max-width: 38rem }
ol { list-style: none; counter-reset: step; margin: 0; padding: 0 }
li { counter-increment: step }
ol > li { display: grid; grid-template-columns: 2rem minmax(0, 1fr); padding: .9rem 0; border-bottom: 1px solid var(--rule) }
ol > li::before { content: counter(step); color: var(--margin); font-variant-numeric: tabular-nums }
ol p { margin: 0 0 .45rem }
pre { margin: 0; padding: .55rem .8rem; background: var(--field); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font: .9375rem/1.5 ui-monospace, "Cascadia Mono", "SFMono-Regular", Menlo, Consolas, monospace }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .3rem 1.2rem; margin: .8rem 0 }
dt { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9375rem }
dd { margin: 0; color: var(--soft) }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem } .sheet { margin-inline-start: .6rem } }
footer { margin-top: 3rem; color: var(--soft); font-size: .9375rem }
@media print { pre { border: 1px solid var(--rule) } }
`

/** What Bursar is and what to type next. Everything stands in this one document: no script, no picture, no font. */
export function startPage(language: Language, version: string): string {
  const words = startPageWords[language]
  const other = language === 'en' ? 'th' : 'en'
  const steps = words.steps
    .map(({ text, type }) => `<li><div><p>${text}</p><pre><code>${escaped(type)}</code></pre></div></li>`)
    .join('\n')
  const doors = words.doors.map(({ path, text }) => `<dt><a href="${path}">${path}</a></dt><dd>${text}</dd>`).join('\n')
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bursar · ${words.title}</title>
<meta name="description" content="${words.title}">
<link rel="icon" href="data:,">
<style>${startPageStyle}</style>
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<div class="sheet">
<header>
<span class="name">Bursar<small>${escaped(version)}</small></span>
<nav aria-label="${words.languageLabel}"><a href="/?lang=${other}" hreflang="${other}" lang="${other}">${words.otherLanguage}</a></nav>
</header>
<main id="main">
<h1>${words.headline}</h1>
<p>${words.what}</p>
<p>${words.how}</p>
<h2>${words.nextTitle}</h2>
<ol>
${steps}
</ol>
<h2>${words.doorsTitle}</h2>
<dl>
${doors}
</dl>
</main>
<footer>${words.footer}</footer>
</div>
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] as string)
