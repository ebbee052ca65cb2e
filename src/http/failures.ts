import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isConnectionLost } from '../database/refusals.ts'
import { issuesOf } from './issues.ts'
import { Problem } from './problem.ts'
import type { ProblemType } from './problems.ts'

/** A refusal the caller may see, or undefined: a bug, of which the log gets everything and the caller nothing. */
export function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>
  if (validation) {
    return new Problem('request-invalid', {
      issues: issuesOf(validation, validationContext ?? 'body'),
    })
  }
  const known = code === undefined ? undefined : ownCodes[code]
  if (known) return new Problem(...known)
  if (isConnectionLost(error)) return new Problem('database-unavailable')
  // The server's own: a body that is no JSON, a path that cannot be decoded.
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500)
    return new Problem('request-invalid', { detail: (error as Error).message })
  return undefined
}

const ownCodes: Readonly<Record<string, [ProblemType, { detail: string }?]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['media-type-unsupported'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['request-invalid', { detail: 'The body is empty: send JSON.' }],
  '53100': ['database-full'],
}

/** What a refusal says in headers. */
export function tellRefusal(reply: FastifyReply, problem: Problem): void {
  if (problem.status === 503) void reply.header('retry-after', '1')
  if (problem.status === 429) void reply.header('retry-after', secondsOf(problem))
  if (problem.status === 401) void reply.header('www-authenticate', challenge(reply.request))
  void reply.header('cache-control', 'no-store')
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  tellRefusal(reply, problem)
  return reply.code(problem.status).type('application/problem+json; charset=utf-8').send(JSON.stringify(problem.body()))
}

/** How long to wait, in seconds, where the refusal says so. */
function secondsOf({ detail }: Problem): string {
  const { retryAfter } = detail
  return typeof retryAfter === 'number' ? String(retryAfter) : '60'
}

/** A browser answers Basic with a window of its own, also to a script; programs wait to be asked for it. */
const challenge = ({ headers }: FastifyRequest): string =>
  headers['sec-fetch-site'] === undefined
    ? 'Bearer realm="bursar", Basic realm="bursar", charset="UTF-8"'
    : 'Bearer realm="bursar"'

export function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = asProblem(error)
  // More than can be answered is no failure: it needs no stack in the log, and least of all then.
  if (problem && (problem.status < 500 || problem.type === 'overloaded')) return sendProblem(reply, problem)
  request.log.error({ err: error }, problem ? problem.title : 'unexpected failure')
  return sendProblem(reply, problem ?? new Problem('internal-error'))
}

/** Whether the client went away before all of its request was here: nothing was done, and nobody waits for an answer. */
export const hasHungUp = (error: unknown, { raw }: FastifyRequest): boolean =>
  !raw.complete && raw.destroyed && (error as Partial<FastifyError>).code === 'ECONNRESET'

/** What never becomes a request, because it is no HTTP, too slow or too large: the socket is answered by hand. */
export function clientErrorBytes(error: { readonly code?: string }): string {
  const type = clientErrors[error.code ?? '']
  const problem = type ? new Problem(type) : new Problem('request-invalid', { detail: 'This is not an HTTP request.' })
  const body = JSON.stringify(problem.body())
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

const clientErrors: Readonly<Record<string, ProblemType>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}
