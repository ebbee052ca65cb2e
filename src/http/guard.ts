import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import type { Principal } from './principal.ts'
import type { AuthCounts } from './auth-counts.ts'
import { isLocal } from './server.ts'

/** Who asks and what they may: `access` knows. */
export type Guard = {
  /** Whoever was known a moment ago is known at once, without a promise. @throws Problem when nobody can be told. */
  authenticate(request: FastifyRequest): Principal | Promise<Principal>
  allows(role: string, operation: string): boolean
  /** Whether these credentials are those of others, and nothing that is taken here. */
  ignores(authorization: string): boolean
}

/** Open to everybody, where they say no operation; all else wants a principal, also what nobody thought of. */
const openDoors = new Set([
  '/',
  '/health',
  '/ready',
  '/version',
  '/openapi.json',
  '/problems/:type',
  '/formula',
  '/docs',
  '/redoc',
  '/error',
])

function isOpen({ method, is404 }: FastifyRequest, operation: string | undefined, url: string): boolean {
  // That there is no such door is written in the document that anybody may read.
  if (is404 || method === 'OPTIONS') return true
  return operation === undefined && (openDoors.has(url) || url.startsWith('/docs/'))
}

type Ways = {
  readonly counts?: AuthCounts
  /** Who reads the metrics: whoever is on the machine itself, too, or nobody without a key. */
  readonly metrics?: 'local' | 'key'
  /** Who somebody without credentials, or with those of others, is at doors that trust whom the operator trusts. */
  readonly trusted?: ((request: FastifyRequest) => Principal | undefined) | undefined
}

/** Asks for the principal before any route runs. To be added before the routes, which then find it in the request. */
export function addGuard(server: FastifyInstance, guard: Guard, ways: Ways = {}): void {
  const { counts, metrics = 'local', trusted } = ways
  // A stranger on the machine may read figures about money where the operator lets it be.
  const isOwn = (request: FastifyRequest, url: string) => url === '/metrics' && metrics === 'local' && isLocal(request)
  server.addHook('onRequest', (request, _, done) => {
    // Put together anew each time that it is asked for.
    const {
      url = '',
      config: { operation },
    } = request.routeOptions
    if (isOpen(request, operation, url) || isOwn(request, url)) return done()
    const refuse = (error: Error) => {
      counts?.refused(error)
      done(error)
    }
    const admit = (principal: Principal) => {
      if (operation === undefined || !guard.allows(principal.role, operation)) {
        const detail = `The role ${principal.role} does not include ${operation ?? 'this door'}.`
        return refuse(new Problem('not-allowed', { detail }))
      }
      request.principal = principal
      done()
    }
    const admitFound = (principal: Principal) => {
      counts?.admitted()
      admit(principal)
    }
    const { authorization } = request.headers
    const isTrusting =
      request.routeOptions.config.trusting === true && (authorization === undefined || guard.ignores(authorization))
    try {
      const found = (isTrusting ? trusted?.(request) : undefined) ?? guard.authenticate(request)
      if (!(found instanceof Promise)) return admit(found)
      found.then(admitFound, refuse)
    } catch (error) {
      refuse(error as Error)
    }
  })
}
