import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const guide = join(import.meta.dirname, '../../docs')

export type Fence = { readonly kind: string; readonly words: readonly string[]; readonly text: string }

/** Commands that stand in the guide, and what the guide says that they print. */
export type Step = {
  readonly commands: string
  readonly fails: boolean
  readonly printed: Fence | undefined
}

export type Page = {
  readonly name: string
  readonly text: string
  readonly fences: readonly Fence[]
  readonly steps: readonly Step[]
  /** What its steps need before them: the demo, a running server. */
  readonly begins: readonly string[]
  /** Settings of that server. */
  readonly settings: Readonly<Record<string, string>>
}

/**
 * A page of the guide. A fence `sh` is run, in the order of the page, unless it says `not-run`; with `fails` it must
 * fail. A fence right behind it is what it prints.
 */
export function readPage(name: string): Page {
  const text = readFileSync(join(guide, `${name}.md`), 'utf8')
  const found = [...text.matchAll(/^```(\S+)(.*)\n([\s\S]*?)^```$/gm)]
  const fences = found.map(([, kind = '', words = '', inner = '']) => ({
    kind,
    words: words.trim().split(' '),
    text: inner,
  }))
  const steps = fences.flatMap((fence, index): Step[] => {
    if (fence.kind !== 'sh' || fence.words.includes('not-run')) return []
    const [here, next] = [found[index], found[index + 1]]
    const gap = here && next ? text.slice(here.index + here[0].length, next.index) : 'end'
    const printed = gap.trim() === '' ? fences[index + 1] : undefined
    const isOutput = printed && (printed.kind === 'text' || printed.kind === 'json')
    return [{ commands: fence.text, fails: fence.words.includes('fails'), printed: isOutput ? printed : undefined }]
  })
  const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(text) ?? []
  const said = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1]?.split(/,\s*/) ?? []
  const settings = said('with').map((setting) => setting.split('='))
  return {
    name,
    text,
    fences,
    steps,
    begins: said('begins'),
    settings: Object.fromEntries(settings) as Page['settings'],
  }
}
