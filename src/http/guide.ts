import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Where `npm run docs` leaves the pages. */
const builtPages = new URL('../../dist/guide/', import.meta.url)
const place = '/docs/guide/'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Bursar · guide</title>
<h1>The guide was not built</h1>
<p>Run <code>npm run docs</code> in the folder of Bursar, then load this page again. Bursar need not be restarted.</p>
<p>The same text stands in the folder <code>docs</code>, as Markdown.</p>
</html>
`

/** Where a chapter stands, when the guide was built. */
export const chapterAt = (name: string, pages = builtPages): string | undefined =>
  existsSync(new URL(`${name}.html`, pages)) ? `${place}${name}` : undefined

/** The guide, as static pages. Each file is read when it is asked for, so that a guide built later is there at once. */
export function addGuide(server: FastifyInstance, pages = builtPages): void {
  server.get('/docs/guide', (_, reply) => reply.redirect(place, 308))

  server.get(`${place}*`, async (request, reply) => {
    const path = (request.params as { '*': string })['*']
    for (const name of namesOf(path)) {
      const bytes = await bytesOf(pages, name)
      if (bytes) return send(request, reply, name, bytes)
    }
    const page = await bytesOf(pages, '404.html')
    void reply.code(404).header('cache-control', 'no-store').type('text/html; charset=utf-8')
    if (!page) return reply.send(notBuilt)
    return reply.header('content-security-policy', policyOf(page)).send(page)
  })
}

/** A page is asked for without `.html`. No part begins with a dot, so that nothing leads out of the folder. */
function namesOf(path: string): readonly string[] {
  if (path === '') return ['index.html']
  if (!/^[\w@][\w@.-]*(\/[\w@][\w@.-]*)*$/.test(path)) return []
  return types[extname(path)] ? [path] : [`${path}.html`]
}

async function bytesOf(pages: URL, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(new URL(name, pages))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

function send(request: FastifyRequest, reply: FastifyReply, name: string, bytes: Buffer): FastifyReply {
  const type = types[extname(name)] as string
  const tag = `"${digestOf(bytes).slice(0, 27)}"`
  void reply.headers({
    etag: tag,
    // Names of assets carry a digest of what is in them; the pages keep their names.
    'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(name.endsWith('.html') && { 'content-security-policy': policyOf(bytes) }),
  })
  if (request.headers['if-none-match'] === tag) return reply.code(304).send()
  return reply.type(type).send(bytes)
}

const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('base64')

/** Of scripts inside a page, those and only those run that were built into it; nothing is fetched from elsewhere. */
function policyOf(page: Buffer): string {
  const inline = [...page.toString().matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
  const digests = inline.map(([, script = '']) => ` 'sha256-${digestOf(script)}'`).join('')
  return `default-src 'self'; script-src 'self'${digests}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`
}
