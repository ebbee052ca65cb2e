import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '../../src/database/testing.ts'
import { begin, bursar, type Environment } from '../bursar.ts'
import type { Page, Step } from './page.ts'
import { assertPrinted } from './printed.ts'

const shownUrl = 'http://127.0.0.1:8100'
const shownKey = 'bsr_…'
const cli = join(import.meta.dirname, '../../src/cli.ts')
type Server = { readonly url: string; readonly key: string }

const mark = (number: number) => `--- step ${number} is done ---`

/** Does what a page says, step by step, in one shell and on a database of its own, and compares what is printed. */
export async function doAsSaid(page: Page): Promise<void> {
  const fresh = await freshDatabase()
  const home = mkdtempSync(join(tmpdir(), 'bursar-guide-'))
  chmodSync(home, 0o755)
  symlinkSync(join(import.meta.dirname, '../../clients'), join(home, 'clients'))
  const environment = { DATABASE_URL: fresh.url, BURSAR_DATA: join(home, 'data') }
  try {
    if (page.begins.includes('demo')) assert.equal((await bursar(['demo'], environment)).code, 0)
    if (!page.begins.includes('server')) return compare(page, await run(page, home, environment), shownUrl)
    const server = begin(['serve', '--port', '0'], { ...environment, ...page.settings })
    const url = (await server.said(/listens on (\S+)/)).replace('listens on ', '')
    const key = (await server.said(/bsr_[\w-]+|Next, in another/)).replace(/^Next.*/, '')
    try {
      compare(page, await run(page, home, environment, { url, key }), url)
    } finally {
      server.child.kill('SIGTERM')
      await server.ended
    }
  } finally {
    await fresh.drop()
    rmSync(home, { recursive: true, force: true })
  }
}

/**
 * People type `npx bursar` and `npm run`; here both are this Bursar, without the second that npm takes each time.
 * A page that names another data directory means another house.
 */
const surroundings = `set -eo pipefail
exec 2>&1
bursar() {
  case " $* " in *' --data '*) local DATABASE_URL= ;; esac
  '${process.execPath}' '${cli}' "$@"
}
npx() { "$@"; }
npm() { bursar "$2"; }
node() { '${process.execPath}' "$@"; }
`

/** The address and the key that the guide shows stand for those of the server that was started. */
async function run(page: Page, home: string, environment: Environment, server?: Server): Promise<string> {
  const script = page.steps.map(({ commands, fails }, index) => {
    const { url = shownUrl, key = shownKey } = server ?? {}
    const said = commands.replaceAll(shownUrl, url).replaceAll(shownKey, key)
    return `${fails ? `if {\n${said}}; then exit 1; fi` : said}\necho '${mark(index)}'\n`
  })
  const shell = spawn('bash', ['-c', surroundings + script.join('')], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, LANG: 'C.UTF-8', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  shell.stdout.on('data', (data: Buffer) => (printed += data.toString()))
  await once(shell, 'close')
  return printed
}

function compare(page: Page, printed: string, url: string): void {
  let rest = printed.replaceAll(url, shownUrl)
  page.steps.forEach((step: Step, index) => {
    const where = `docs/${page.name}.md, “${step.commands.trim().split('\n').at(-1)}”`
    const [own, ...later] = rest.split(`${mark(index)}\n`)
    assert(later.length > 0, `${where} did not end ${step.fails ? 'by failing' : 'well'}:\n${own}`)
    if (step.printed) assertPrinted(own ?? '', step.printed, where)
    rest = later.join('')
  })
}
