import type { FastifyInstance } from 'fastify'
import type { ApiServer, TypeBoxProvider } from './door.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import type { Principal } from './principal.ts'
import { openServer, type ServerSettings } from './server.ts'

export const everybody: Principal = { name: 'tester', role: 'admin', parties: 'all' }

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, when it is JSON. */
  readonly body: never
}

export type OpenedDoors = {
  readonly url: string
  readonly port: number
  /** Who asks from now on. */
  be(principal: Principal | null): void
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/** A server with some doors, where whoever asks is simply said: no guard stands before it. */
export async function openDoors(
  routes: (server: ApiServer) => void,
  settings: Partial<ServerSettings> = {},
): Promise<OpenedDoors> {
  let asking: Principal | null = everybody
  const server = await openServer({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    trustedProxy: undefined,
    log: openLog('silent'),
    metrics: openMetrics('1', [], () => {}),
    routes(instance: FastifyInstance) {
      instance.addHook('onRequest', (request, _, done) => {
        request.principal = asking
        done()
      })
      routes(instance.withTypeProvider<TypeBoxProvider>())
    },
    ...settings,
  })
  return {
    url: server.url,
    port: server.address.port,
    be: (principal) => {
      asking = principal
    },
    ask: async (method, path, body, headers = {}) => {
      const sent =
        body === undefined
          ? { headers }
          : typeof body === 'string' || body instanceof Uint8Array
            ? { body, headers }
            : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
      const answer = await fetch(`${server.url}${path}`, { method, ...sent })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.includes('json')
      return { status: answer.status, headers: answer.headers, text, body: (isJson ? JSON.parse(text) : text) as never }
    },
    close: () => server.close(),
  }
}
