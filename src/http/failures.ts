import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isConnectionLost } from '../database/refusals.ts'
import { Problem } from './problem.ts'

/** A refusal the caller may see, or undefined: a bug, of which the log gets everything and the caller nothing. */
function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>
  if (validation) {
    const issues = validation.map(({ instancePath, message }) => ({
      field: `${validationContext ?? 'body'}${instancePath.replaceAll('/', '.')}`,
      message: message ?? 'is not as it must be',
    }))
    return new Problem('request-invalid', { issues })
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('body-too-large')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new Problem('request-invalid', { detail: 'Send the body as application/json.' })
  if (code === '53100') return new Problem('database-full')
  if (isConnectionLost(error)) return new Problem('database-unavailable')
  // The server's own: a body that is no JSON, a path that cannot be decoded.
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode < 500)
    return new Problem('request-invalid', { detail: (error as Error).message })
  return undefined
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) void reply.header('retry-after', '1')
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem.body()))
}

export function onError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = asProblem(error)
  if (problem && problem.status < 500) return sendProblem(reply, problem)
  request.log.error({ err: error }, problem ? problem.title : 'unexpected failure')
  return sendProblem(reply, problem ?? new Problem('internal-error'))
}

/** What is no HTTP at all never becomes a request; the socket is answered by hand. */
export function badRequestBytes(): string {
  const problem = new Problem('request-invalid', { detail: 'This is not an HTTP request.' })
  const body = JSON.stringify(problem.body())
  return [
    'HTTP/1.1 400 Bad Request',
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
