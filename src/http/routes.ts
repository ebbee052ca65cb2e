import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { chapterAt } from './guide.ts'
import { requireEverything } from './principal.ts'
import { Problem } from './problem.ts'
import { problems } from './problems.ts'
import type { Metrics } from './metrics.ts'
import { isLocal } from './server.ts'
import { languageOf, startPage, startPageStyle } from './start-page.ts'

export type Check = { readonly name: string; readonly ok: boolean; readonly detail: string }

export type OwnDoors = {
  readonly version: string
  /** The commit that it was built from. */
  readonly commit?: string | undefined
  readonly metrics: Metrics
  ready(): Promise<readonly Check[]>
}

/** A page is for whoever reads pages. */
const isRead = ({ headers }: FastifyRequest): boolean => headers.accept?.includes('text/html') ?? false

const problemPages = new URL('../../docs/problems/', import.meta.url)

/** A database that does not answer must not make the answer wait for it. */
const readyWithin = 3_000

/** The doors that every Bursar has, whatever it is used for. */
export function addOwnDoors(server: FastifyInstance, { version, metrics, ...own }: OwnDoors): void {
  // As clients of the job accounting service read it, and so is what else `/version` says.
  server.get('/health', async () => ({ status: 'OK' }))

  server.get('/ready', async (_, reply) => {
    const checks = await Promise.race([own.ready(), later(readyWithin)])
    const ok = checks.every((check) => check.ok)
    return reply.code(ok ? 200 : 503).send({ ready: ok, checks })
  })

  const { commit = null } = own
  server.get('/version', async () => ({
    version,
    app_name: 'accounting-service',
    app_version: version,
    commit_sha: commit,
  }))

  server.get('/metrics', { config: { operation: 'metrics.read' } }, async (request, reply) => {
    if (!isLocal(request) && !request.principal)
      throw new Problem('not-allowed', { detail: 'Metrics are read on the machine itself, or with a key.' })
    // They tell what all wallets hold together.
    if (request.principal) requireEverything(request.principal)
    const { type, body } = await metrics.text()
    return reply.type(type).send(body)
  })

  // What the `type` of a problem points at.
  server.get('/problems/:type', async (request, reply) => {
    const { type } = request.params as { type: string }
    if (!Object.hasOwn(problems, type)) throw new Problem('not-found')
    void reply.header('vary', 'accept')
    const chapter = isRead(request) ? chapterAt(`problems/${type}`) : undefined
    if (chapter !== undefined) return reply.redirect(chapter)
    return reply.type('text/plain; charset=utf-8').send(await readFile(new URL(`${type}.md`, problemPages)))
  })

  const styleHash = createHash('sha256').update(startPageStyle).digest('base64')
  server.get('/redoc', async (_, reply) => reply.redirect('/docs'))
  server.get('/', async (request, reply) => {
    // Programs are led to what they can call.
    if (!isRead(request)) return reply.redirect('/docs')
    const { lang } = request.query as { lang?: unknown }
    const language = languageOf(lang, request.headers['accept-language'])
    return reply
      .headers({
        'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
        'content-language': language,
        'cache-control': 'no-cache',
        vary: 'accept, accept-language',
      })
      .type('text/html; charset=utf-8')
      .send(startPage(language, version))
  })
}

async function later(milliseconds: number): Promise<Check[]> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
  return [{ name: 'answer', ok: false, detail: `no answer within ${milliseconds / 1000} s` }]
}
