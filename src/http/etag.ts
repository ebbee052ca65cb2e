import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

/** The tag of a state: the same for the same content. */
export const etagOf = (content: unknown): string =>
  `"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`

const listed = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))

/** Sends the state under its tag, or 304 when the caller has it already. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  state: object,
  etag = etagOf(state),
): FastifyReply {
  void reply.header('etag', etag)
  const known = request.headers['if-none-match']
  if (known !== undefined && (known === '*' || listed(known).includes(etag.replace(/^W\//, '')))) {
    return reply.code(304).send()
  }
  return reply.send(state)
}

/** Whoever edits says with If-Match what they looked at; when it changed since, they look again. */
export function requireMatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined || ifMatch === '*' || listed(ifMatch).includes(etag)) return
  throw new Problem('precondition-failed', {
    detail: 'It changed since you read it: read it again, then send its new ETag as If-Match.',
    etag,
  })
}
