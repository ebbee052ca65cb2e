import { randomUUID } from 'node:crypto'
import type { AddressInfo, BlockList } from 'node:net'
import type { Logger } from 'pino'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import {
  type Address,
  asListenRefusal,
  isLoopback,
  isWithin,
  networksOf,
  requireSafeAddress,
  urlOf,
} from './address.ts'
import { addBodyParsers, refuseNulls } from './body.ts'
import { keepRoom } from './connections.ts'
import { clientErrorBytes, hasHungUp, onError, sendProblem } from './failures.ts'
import type { Metrics } from './metrics.ts'
import { addOpenApi } from './openapi.ts'
import { Problem } from './problem.ts'
import { readQueries } from './query.ts'
import { requestLog } from './request-log.ts'
import { allowOrigins } from './origins.ts'

export type ServerSettings = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Addresses and networks of the proxy that does TLS in front. */
  readonly trustedProxy: string | undefined
  readonly log: Logger
  readonly metrics: Metrics
  /** What the OpenAPI document says. */
  readonly version?: string
  /** Web pages of these origins may ask; none without it. */
  readonly origins?: readonly string[]
  /** Whether the log gets a line for each answer, or for refusals and failures only. */
  readonly logs?: 'all' | 'failures'
  /** In milliseconds: for the headers of a request, for all of it, and until a quiet connection is closed. */
  readonly patience?: { readonly headers: number; readonly request: number; readonly quiet: number }
  readonly connectionsMax?: number
  /** Adds the doors: called once, before listening. */
  routes(server: FastifyInstance): void | Promise<void>
}

const usualPatience = { headers: 10_000, request: 60_000, quiet: 72_000 }

export type Server = {
  readonly address: Address
  readonly url: string
  /** Takes no more requests, lets those under way finish. */
  close(): Promise<void>
}

const bodyBytesMax = 1024 * 1024
/** Asked every few seconds by machines: not worth a line each. */
const quietRoutes = new Set(['/health', '/ready', '/metrics'])

/** @throws Refusal when it must not, or cannot, listen there. */
export async function openServer(settings: ServerSettings): Promise<Server> {
  const { host, port, tls, trustedProxy, metrics, patience = usualPatience } = settings
  const proxies = trustedProxy === undefined ? undefined : networksOf(trustedProxy)
  await requireSafeAddress(host, tls !== undefined || proxies !== undefined)
  const server = fastify({
    ...(tls ? { https: { ...tls, ...timesOf(patience) } } : { http: timesOf(patience) }),
    requestTimeout: patience.request,
    keepAliveTimeout: patience.quiet,
    trustProxy: proxies ? (address) => isWithin(proxies, address) : false,
    bodyLimit: bodyBytesMax,
    genReqId: () => randomUUID(),
    // Two lines of its own for each request; `watch` writes one.
    logController: new LogController({ disableRequestLogging: true }),
    loggerInstance: settings.log,
    childLoggerFactory: requestLog,
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        verbose: true,
        allowUnionTypes: true,
      },
    },
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
    clientErrorHandler(error, socket) {
      if (socket.writable) socket.end(clientErrorBytes(error))
    },
  }) as unknown as FastifyInstance
  if (proxies && tls === undefined) refuseStrangers(server, proxies)
  server.decorateRequest('principal', null)
  server.decorateRequest('operationId', null)
  guard(server, tls !== undefined)
  watch(server, metrics, settings.logs ?? 'all')
  refuseNulls(server)
  addBodyParsers(server)
  readQueries(server)
  keepRoom(server, patience.quiet, settings.connectionsMax)
  server.setErrorHandler(tellOf(metrics))
  server.setNotFoundHandler((_, reply) => sendProblem(reply, new Problem('not-found')))
  const stop = closing(server)
  try {
    await allowOrigins(server, settings.origins ?? [])
    await addOpenApi(server, settings.version ?? '')
    await settings.routes(server)
    await server.listen({ host, port })
  } catch (error) {
    await server.close()
    throw asListenRefusal(error, { host, port })
  }
  const address = { host, port: (server.server.address() as AddressInfo).port }
  return { address, url: urlOf(tls ? 'https' : 'http', address), close: stop }
}

/** The status that nobody reads: by it those are counted who did not wait for an answer. */
const hungUp = 499

const tellOf = (metrics: Metrics) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
  if (!hasHungUp(error, request)) return onError(error, request, reply)
  const { method, routeOptions } = request
  const route = routeOptions.url ?? '(none)'
  metrics.observe({ method, route, status: hungUp, seconds: reply.elapsedTime / 1000 })
  request.log.info({ method, route, status: hungUp }, 'the client hung up before its request was here')
  return reply.code(hungUp).send()
}

/** Whoever goes around the proxy would speak in the clear. */
function refuseStrangers(server: FastifyInstance, proxies: BlockList): void {
  server.addHook('onRequest', async (request) => {
    const caller = request.socket.remoteAddress ?? ''
    if (!isLoopback(caller) && !isWithin(proxies, caller))
      throw new Problem('not-allowed', { detail: 'Ask through the proxy of this site.' })
  })
}

/** True for a caller on this machine, not for one that a proxy on this machine passes on. */
export const isLocal = ({ socket, headers }: FastifyRequest): boolean =>
  isLoopback(socket.remoteAddress ?? '') &&
  ['forwarded', 'x-forwarded-for', 'x-real-ip'].every((name) => headers[name] === undefined)

/** A connection with a request under way is kept for it, and would then be kept for the next: that is told off. */
function closing(server: FastifyInstance): () => Promise<void> {
  let isClosing = false
  server.addHook('onSend', (_, reply, __, done) => {
    if (isClosing) void reply.header('connection', 'close')
    done()
  })
  return async () => {
    isClosing = true
    await server.close()
  }
}

const timesOf = ({ headers, request, quiet }: typeof usualPatience) => ({
  headersTimeout: headers,
  requestTimeout: request,
  keepAliveTimeout: quiet,
  connectionsCheckingInterval: Math.min(5_000, headers),
})

function guard(server: FastifyInstance, tls: boolean): void {
  const headers = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(tls && { 'strict-transport-security': 'max-age=31536000' }),
  }
  // No hook of every request is async: a promise in each costs more than what they do.
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).headers(headers)
    done()
  })
}

function watch(server: FastifyInstance, metrics: Metrics, logs: 'all' | 'failures'): void {
  const isDebugging = server.log.level === 'debug' || server.log.level === 'trace'
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? '(none)'
    const { method } = request
    const status = reply.statusCode
    metrics.observe({ method, route, status, seconds: reply.elapsedTime / 1000 })
    const isQuiet =
      status < 400 ? logs === 'failures' || quietRoutes.has(route) : status < 500 && quietRoutes.has(route)
    if (isQuiet && !isDebugging) return done()
    const line = {
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(request.principal && { principal: request.principal.name }),
      ...(request.operationId !== null && { operation: request.operationId }),
    }
    if (isQuiet) request.log.debug(line, 'answered')
    else request.log.info(line, 'answered')
    done()
  })
}
