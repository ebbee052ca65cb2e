import { randomUUID } from 'node:crypto'
import type { AddressInfo, BlockList } from 'node:net'
import type { Logger } from 'pino'
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify'
import {
  type Address,
  asListenRefusal,
  isLoopback,
  isWithin,
  networksOf,
  requireSafeAddress,
  urlOf,
} from './address.ts'
import { badRequestBytes, onError, sendProblem } from './failures.ts'
import type { Metrics } from './metrics.ts'
import { Problem } from './problem.ts'

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
  /** Adds the doors: called once, before listening. */
  routes(server: FastifyInstance): void
}

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
  const { host, port, tls, trustedProxy, metrics } = settings
  const proxies = trustedProxy === undefined ? undefined : networksOf(trustedProxy)
  await requireSafeAddress(host, tls !== undefined || proxies !== undefined)
  const server = fastify({
    ...(tls && { https: tls }),
    trustProxy: proxies ? (address) => isWithin(proxies, address) : false,
    bodyLimit: bodyBytesMax,
    genReqId: () => randomUUID(),
    // Two lines of its own for each request; `watch` writes one.
    logController: new LogController({ disableRequestLogging: true }),
    loggerInstance: settings.log,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
    clientErrorHandler(_, socket) {
      if (socket.writable) socket.end(badRequestBytes())
    },
  }) as unknown as FastifyInstance
  if (proxies && tls === undefined) refuseStrangers(server, proxies)
  guard(server, tls !== undefined)
  watch(server, metrics)
  server.setErrorHandler(onError)
  server.setNotFoundHandler((_, reply) => sendProblem(reply, new Problem('not-found')))
  const stop = closing(server)
  settings.routes(server)
  try {
    await server.listen({ host, port })
  } catch (error) {
    await server.close()
    throw asListenRefusal(error, { host, port })
  }
  const address = { host, port: (server.server.address() as AddressInfo).port }
  return { address, url: urlOf(tls ? 'https' : 'http', address), close: stop }
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
  server.addHook('onSend', async (_, reply) => {
    if (isClosing) void reply.header('connection', 'close')
  })
  return async () => {
    isClosing = true
    await server.close()
  }
}

function guard(server: FastifyInstance, tls: boolean): void {
  server.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      ...(tls && { 'strict-transport-security': 'max-age=31536000' }),
    })
  })
}

function watch(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? '(none)'
    const { method } = request
    const status = reply.statusCode
    metrics.observe({ method, route, status, seconds: reply.elapsedTime / 1000 })
    const line = { method, route, status, ms: Math.round(reply.elapsedTime * 10) / 10 }
    if (quietRoutes.has(route) && status < 500) request.log.debug(line, 'answered')
    else request.log.info(line, 'answered')
  })
}
