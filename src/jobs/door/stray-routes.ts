import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathAndQuery } from './address.ts'

/** The paths of these doors, for whoever asks for another one. */
export type Paths = {
  add(method: string, path: string): void
  /** Methods that a path takes. */
  methodsAt(path: string): readonly string[]
  /** First parts of all paths: `/budget`. */
  prefixes(): ReadonlySet<string>
}

export function pathsOf(): Paths {
  const known: { readonly method: string; readonly form: RegExp }[] = []
  const prefixes = new Set<string>()
  return {
    add(method, path) {
      known.push({ method, form: new RegExp(`^${path.replaceAll(/:[a-z_]+/g, '[^/]+')}$`) })
      prefixes.add(/^\/[^/]*/.exec(path)?.[0] ?? '/')
    },
    methodsAt: (path) => [...new Set(known.filter(({ form }) => form.test(path)).map(({ method }) => method))],
    prefixes: () => prefixes,
  }
}

/** What comes to a path or with a method that there is not, below the first parts of these doors' paths. */
export function addStrays(server: FastifyInstance, paths: Paths): void {
  for (const prefix of paths.prefixes()) {
    server.register(
      (inner, _, done) => {
        inner.setNotFoundHandler((request, reply) => answerStray(request, reply, paths))
        done()
      },
      { prefix },
    )
  }
}

export const lacksLastPart = ({ url }: FastifyRequest): boolean => /^[^?]*\/(?:\?|$)/.test(url)

export function answerStray(request: FastifyRequest, reply: FastifyReply, paths: Paths): FastifyReply {
  const [path, query] = pathAndQuery(request.url)
  const methods = paths.methodsAt(path)
  if (methods.length > 0) {
    return reply.code(405).header('allow', methods.join(', ')).send({ detail: 'Method Not Allowed' })
  }
  const bare = path.replace(/\/+$/, '')
  if (bare !== path && paths.methodsAt(bare).length > 0) {
    const location = `${request.protocol}://${request.host}${bare}${query === undefined ? '' : `?${query}`}`
    return reply.redirect(location, 307)
  }
  return reply.code(404).send({ detail: 'Not Found' })
}
