import { defineConfig, type DefaultTheme, type MarkdownOptions } from 'vitepress'
import { problems } from '../../src/http/problems.ts'
import { version } from '../../src/version.ts'
import { drawingOf } from './diagrams.ts'
import { generated } from './generated.ts'
import { wordsOf } from './words.ts'

const chapters = [
  { text: 'Start', link: '/' },
  { text: 'Concepts', link: '/concepts' },
  { text: 'First reservation', link: '/first-reservation' },
  { text: 'Clients', link: '/clients' },
  { text: 'Prices', link: '/prices' },
  { text: 'Job accounting', link: '/job-accounting' },
  { text: 'Slurm', link: '/slurm' },
  { text: 'Operator’s guide', link: '/operators' },
  { text: 'Settings', link: '/settings' },
  { text: 'Keys and roles', link: '/keys' },
  { text: 'Architecture', link: '/architecture' },
]

const errorPages = Object.keys(problems)
  .sort()
  .map((type) => ({ text: type, link: `/problems/${type}` }))

const search: DefaultTheme.LocalSearchOptions = { detailedView: true }
// Not enumerable, so that it stays here: theme/index.ts gives the reader's side the same function.
Object.defineProperty(search, 'miniSearch', { value: { options: { tokenize: wordsOf } } })

const fences: NonNullable<MarkdownOptions['config']> = (md) => {
  const usual = md.renderer.rules.fence
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info = '', content = '' } = tokens[index] ?? {}
    const [kind, ...words] = info.trim().split(' ')
    if (kind === 'mermaid') return drawingOf(content, words.join(' '))
    if (kind !== 'generated') return usual?.(tokens, index, options, env, self) ?? ''
    const write = generated[words.join(' ')]
    if (!write) throw new Error(`${env.relativePath}: nothing generates “${words.join(' ')}”: see generated.ts`)
    return md.render(write(), env)
  }
}

/** Static pages below /docs/guide/, which the running program serves; nothing is fetched from anywhere else. */
export default defineConfig({
  lang: 'en',
  title: 'Bursar',
  titleTemplate: ':title · Bursar',
  description: 'The accounts office of a computing site: the guide.',
  base: '/docs/guide/',
  outDir: '../dist/guide',
  cacheDir: '../node_modules/.cache/guide',
  cleanUrls: true,
  metaChunk: true,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: { config: fences, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    siteTitle: 'Bursar',
    outline: [2, 3],
    search: { provider: 'local', options: search },
    nav: [
      { text: 'Try the API', link: '/../', target: '_self' },
      { text: version, link: '/operators#upgrade' },
    ],
    sidebar: [
      { text: 'Guide', items: chapters },
      { text: 'Errors', link: '/errors', collapsed: true, items: errorPages },
    ],
    docFooter: { prev: 'Before', next: 'Next' },
  },
})
