import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import fastify from 'fastify'
import { wordsOf } from '../../docs/.vitepress/words.ts'
import { addGuide } from '../../src/http/guide.ts'
import { problems } from '../../src/http/problems.ts'
import { tryInBrowser } from './browser.ts'

const root = join(import.meta.dirname, '../..')
const place = '/docs/guide/'
const site = mkdtempSync(join(tmpdir(), 'bursar-guide-'))
const folder = join(site, 'dist/guide')
const pages = new Map<string, string>()

before(async () => {
  // In a place of its own: a build leaves files beside its sources while it runs, which other checks would find.
  cpSync(join(root, 'docs'), join(site, 'docs'), { recursive: true })
  for (const name of ['src', 'node_modules', 'package.json', 'ARCHITECTURE.md'])
    symlinkSync(join(root, name), join(site, name))
  const vitepress = join(root, 'node_modules/vitepress/bin/vitepress.js')
  await promisify(execFile)(process.execPath, [vitepress, 'build', 'docs', '--logLevel', 'warn'], { cwd: site })
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.html')) pages.set(addressOf(name), readFileSync(join(folder, name), 'utf8'))
})
after(() => rmSync(site, { recursive: true }))

const addressOf = (name: string) => place + name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')

test('every link of the guide leads to a page that is there, and to a heading on it', () => {
  assert(pages.size > 20)
  for (const [page, html] of pages)
    for (const [, href = ''] of html.matchAll(/<a [^>]*?href="([^"]+)"/g)) {
      if (href.startsWith('https://')) continue
      const [path = '', anchor = ''] = href.split('#')
      const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(`${page}x`), path))
      const absolute = path.startsWith('/') ? posix.normalize(path) : target
      // The other doors of the server; their own tests look after them.
      if (!absolute.startsWith(place)) assert(['/docs', '/docs/'].includes(absolute), `${page} leads to ${href}`)
      else if (!(/\.\w+$/.test(absolute) && !absolute.endsWith('.html'))) {
        const found = pages.get(absolute)
        assert(found !== undefined, `${page} leads to ${href}, which is not there`)
        if (anchor) assert(found.includes(`id="${decodeURIComponent(anchor)}"`), `${page} leads to ${href}: no heading`)
      }
    }
})

test('every problem type has its page in the guide', () => {
  for (const type of Object.keys(problems)) assert(pages.has(`${place}problems/${type}`), type)
})

test('nothing of the guide is fetched from elsewhere, and no part of it was left out', () => {
  for (const [page, html] of pages) {
    assert.doesNotMatch(html, /(src|href)="(https?:)?\/\/[^"]*\.(js|css|woff2?|png|svg)"/, page)
    assert.doesNotMatch(html, /@import|fonts\.googleapis|@include|language-generated/, page)
  }
})

/** As WCAG 2 defines it, for colours such as #1f5f8b. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [one, other].map(luminance).sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

test('code of the guide can be read on its ground, in the light and in the dark', () => {
  const grounds = { light: '#f6f6f7', dark: '#161618' }
  const pale = new Set<string>()
  for (const html of pages.values())
    for (const [, scheme = '', colour = ''] of html.matchAll(/--shiki-(light|dark):(#[0-9a-f]{6})/gi))
      if (contrast(colour, grounds[scheme as 'light' | 'dark']) < 4.5) pale.add(`${colour}, ${scheme}`)
  assert.deepEqual([...pale], [])
})

test('a Thai sentence is found by its words, and by itself', () => {
  assert.deepEqual(wordsOf('ภาษาไทย is Thai, (yes)'), ['ภาษาไทย', 'ภาษา', 'ไทย', 'is', 'Thai', 'yes', ''])
})

test('in a browser the guide runs under its policy, fits a phone and paper, and finds English and Thai words', async (t) => {
  const server = fastify()
  addGuide(server, pathToFileURL(`${folder}/`))
  const address = await server.listen({ host: '127.0.0.1', port: 0 })
  try {
    // Pages of problems are all alike.
    const looked = [...pages.keys()].filter((page) => !/404$|problems\/[^n]/.test(page))
    const seen = await tryInBrowser(address, looked)
    if (seen === undefined) return t.skip('there is no Chromium on this machine')
    assert.deepEqual(seen.complaints, [])
    assert.deepEqual(seen.wide, [])
    assert.deepEqual(seen.lost, [])
    for (const word of ['overrun', 'ภาษา', 'ไทย']) assert((seen.found.get(word) ?? 0) > 0, `found nothing for ${word}`)
    assert.equal(seen.found.get('สวัสดีชาวโลก'), 0)
  } finally {
    await server.close()
  }
})
