import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { principalOf } from './principal.ts'

/** What `operations` is called with: the caller's own key, or one that nobody else has. */
export type RequestCall = {
  readonly principal: string
  readonly key: string
  readonly command: string
  readonly input: unknown
  readonly status?: number
}

/** The key that the caller sent; undefined when there is none and the door does not require one. */
export function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  const refuse = (message: string) =>
    new Problem('request-invalid', { issues: [{ field: 'header.idempotency-key', message }] })
  if (key === undefined) {
    if (request.routeOptions.config.door?.key !== 'required') return undefined
    throw refuse('is missing: send a text of your own, 1 to 200 characters, the same again when you ask again')
  }
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,200}$/.test(key)) {
    throw refuse('must be 1 to 200 printable ASCII characters')
  }
  return key
}

/** In whose name, and under which key. */
export const callerOf = (request: FastifyRequest): { readonly principal: string; readonly key: string } => ({
  principal: principalOf(request).name,
  key: keyOf(request) ?? randomUUID(),
})

/** One call of a command, in the name of whoever asks. */
export const callOf = (request: FastifyRequest, command: string, input: unknown, status = 200): RequestCall => ({
  ...callerOf(request),
  command,
  input,
  status,
})

/** Sends the stored bytes of an operation, under its id. */
export function sendAnswered(
  reply: FastifyReply,
  answered: { readonly operation: bigint; readonly status: number; readonly answer: string },
): FastifyReply {
  tellOperation(reply, answered.operation)
  return reply.code(answered.status).type('application/json; charset=utf-8').send(answered.answer)
}

/** Says, to the caller and to the log, which operation it was. */
export function tellOperation(reply: FastifyReply, operation: bigint): void {
  const id = `op_${operation}`
  reply.request.operationId = id
  void reply.header('operation-id', id)
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the operation that this request made or repeated, for the log. */
    operationId: string | null
  }
}
