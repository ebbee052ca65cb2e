import { renderMermaidSVG } from 'beautiful-mermaid'

const colours = {
  bg: 'var(--vp-c-bg)',
  fg: 'var(--vp-c-text-1)',
  line: 'var(--vp-c-text-3)',
  accent: 'var(--vp-c-brand-1)',
  surface: 'var(--vp-c-bg-soft)',
  border: 'var(--vp-c-border)',
  muted: 'var(--vp-c-text-2)',
} as const

let drawn = 0

/**
 * A drawing as SVG inside the page, in the colours of the page, light or dark. Its style element is left out: it would
 * fetch a font from elsewhere, and what else it says stands in guide.css once for all drawings.
 */
export function drawingOf(source: string, caption: string): string {
  const svg = renderMermaidSVG(source, { ...colours, transparent: true, padding: 8, nodeSpacing: 40 })
  drawn += 1
  const own = svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/^<svg [^>]*?(viewBox="[^"]+" width="[^"]+" height="[^"]+")[^>]*>/, '<svg $1 aria-hidden="true">')
    // Two drawings on a page must not share the ids of their arrow heads.
    .replace(/(id="|url\(#)(arrowhead[\w-]*)/g, `$1$2-${drawn}`)
  return `<figure class="drawing" role="img" aria-label="${escaped(caption)}" v-pre>${own}<figcaption>${escaped(caption)}</figcaption></figure>\n`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
