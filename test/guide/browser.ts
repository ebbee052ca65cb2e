import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

export type Seen = {
  /** What the browser wrote to its console, and what could not be fetched or was fetched from elsewhere. */
  readonly complaints: readonly string[]
  /** Pages that have to be moved sideways on a phone. */
  readonly wide: readonly string[]
  /** Pages of which paper loses a part: a line that is cut, or what only a screen has. */
  readonly lost: readonly string[]
  /** How much the search found for each word. */
  readonly found: ReadonlyMap<string, number>
}

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'

async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = places.find((path) => existsSync(path))
  return executablePath === undefined ? undefined : chromium.launch({ executablePath, args: flags.split(' ') })
}

/** Looks at the pages as a reader does. Undefined on a machine without a browser. */
export async function tryInBrowser(address: string, paths: readonly string[]): Promise<Seen | undefined> {
  const browser = await openBrowser()
  if (browser === undefined) return undefined
  const complaints: string[] = []
  const wide: string[] = []
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
    page.on('requestfailed', (request) => {
      const failure = request.failure()?.errorText
      // What was fetched ahead for another page is dropped when the reader goes on.
      if (failure !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${failure}`)
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(address) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
    for (const path of paths) {
      await page.goto(address + path, { waitUntil: 'networkidle' })
      if ((await page.evaluate('document.documentElement.scrollWidth - innerWidth')) !== 0) wide.push(path)
    }
    const lost = await lostOnPaper(page, address, paths)
    const found = new Map<string, number>()
    for (const word of ['overrun', 'ภาษา', 'ไทย', 'สวัสดีชาวโลก']) found.set(word, await countFound(page, word))
    return { complaints, wide, lost, found }
  } finally {
    await browser.close()
  }
}

const isCut = `[...document.querySelectorAll('pre')].some((each) => each.scrollWidth > each.clientWidth) ||
  [...document.querySelectorAll('.VPNav, .VPLocalNav, .VPSidebar')].some((each) => each.checkVisibility())`

/** A4 has some 700 points between its margins. */
async function lostOnPaper(page: Page, address: string, paths: readonly string[]): Promise<string[]> {
  const lost: string[] = []
  await page.emulateMedia({ media: 'print' })
  await page.setViewportSize({ width: 700, height: 1000 })
  for (const path of paths) {
    await page.goto(address + path)
    if (await page.evaluate(isCut)) lost.push(path)
  }
  await page.emulateMedia({ media: 'screen' })
  return lost
}

async function countFound(page: Page, word: string): Promise<number> {
  await page.keyboard.press('Control+k')
  await page.locator('#localsearch-input').fill(word)
  await page.locator('#localsearch-list .result, .no-results').first().waitFor()
  const count = await page.locator('#localsearch-list .result').count()
  await page.keyboard.press('Escape')
  return count
}

export type SeenApi = { readonly width: number; readonly foreign: number }

/** The page to try calls, on a phone: how wide it is there, and whether a field asks for documents of others. */
export async function lookAtApi(address: string): Promise<SeenApi | undefined> {
  const browser = await openBrowser()
  if (browser === undefined) return undefined
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true })
    await page.goto(address)
    await page.locator('.opblock').first().waitFor()
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    return { width, foreign: await page.locator('.download-url-input:visible').count() }
  } finally {
    await browser.close()
  }
}
