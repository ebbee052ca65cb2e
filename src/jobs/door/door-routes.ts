import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { faultOfUtf8 } from '../../http/body.ts'
import { tellOperation } from '../../http/call.ts'
import { asProblem, onError, tellRefusal } from '../../http/failures.ts'
import type { Issue, Lax } from '../lax/lax.ts'
import { NoJson, readJson } from '../lax/json.ts'
import { asFault, Envelope, faultAnswers, faultText, openingOf, Told } from './envelope.ts'
import { Fault } from './fault.ts'
import { askAgain, isBusy } from './patience-routes.ts'
import { addStrays, answerStray, lacksLastPart, type Paths, pathsOf } from './stray-routes.ts'

/** Where the doors of this module stand: their bodies, refusals and unknown paths are those of the reference service. */
export type JobScope = { readonly server: FastifyInstance; readonly paths: Paths }

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export type JobDoor<Params, Query, Body> = {
  readonly method: Method
  readonly path: string
  /** As the table of roles lists it; null for a door that is open to all. */
  readonly operation: string | null
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly params?: Lax<Params>
  readonly query?: Lax<Query>
  readonly body?: Lax<Body>
  /** The shape of `data`; without it, null. */
  readonly answer?: TSchema
  readonly status: 200 | 201
  readonly message: string
  /** Statuses of refusals, beside those that every door may give. */
  readonly faults?: readonly number[]
}

export type Input<Params, Query, Body> = { readonly params: Params; readonly query: Query; readonly body: Body }

type Handler<Params, Query, Body> = (
  input: Input<Params, Query, Body>,
  request: FastifyRequest,
  reply: FastifyReply,
) => unknown

/** Adds doors behind one error handler and one reader of bodies, which hold for them alone. */
export function openJobScope(server: FastifyInstance, add: (scope: JobScope) => void): void {
  server.register((inner, _, done) => {
    inner.removeAllContentTypeParsers()
    inner.addHook('onRequest', nameMediaType)
    inner.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, parsed) => {
      parsed(null, bodyOf(request, bytes))
    })
    inner.setValidatorCompiler(() => () => true)
    inner.setSerializerCompiler(() => JSON.stringify)
    inner.setErrorHandler(sendFault)
    const scope = { server: inner as FastifyInstance, paths: pathsOf() }
    add(scope)
    addStrays(inner, scope.paths)
    done()
  })
}

/**
 * Declares a door and what it does. The handler answers the data, `told(message, data)`, or `stored(answered)` for the
 * stored answer of an operation; what it answers itself through the reply is left alone.
 */
export function jobDoor<Params = undefined, Query = undefined, Body = undefined>(
  { server, paths }: JobScope,
  spec: JobDoor<Params, Query, Body>,
  handler: Handler<Params, Query, Body>,
): void {
  const { method, path, operation, params, query, body, status, message } = spec
  const said = { status, message, opening: openingOf(message) }
  paths.add(method, path)
  /** @throws Fault 422 */
  const inputOf = (request: FastifyRequest) => {
    const issues: Issue[] = []
    const input = {
      params: read(params, request.params, 'path', issues),
      query: read(query, request.query, 'query', issues),
      body: body ? readBody(body, request.body, issues) : undefined,
    } as Input<Params, Query, Body>
    if (issues.length > 0) throw Fault.invalid(issues)
    return input
  }
  server.route({
    method,
    url: path,
    exposeHeadRoute: false,
    config: { ...(operation !== null && { operation }), trusting: true, check: inputOf, door: declared(spec) },
    schema: {
      ...(params && { params: params.schema }),
      ...(query && { querystring: query.schema }),
      ...(body && { body: body.schema }),
    },
    handler(request, reply) {
      // The router takes /thing/ for /thing/:id.
      if (params && lacksLastPart(request)) return answerStray(request, reply, paths)
      const input = inputOf(request)
      const result = handler(input, request, reply)
      if (!(result instanceof Promise)) return send(reply, said, result)
      const answer = (data: unknown) => send(reply, said, data)
      const refuse = (error: unknown) => reply.send(error)
      result.then(answer, (error: unknown) => {
        if (method === 'GET' || !isBusy(error)) return refuse(error)
        return askAgain(request, () => handler(input, request, reply)).then(answer, refuse)
      })
      return undefined
    },
  })
}

/** What a refusal looks like, for whoever tries a client. */
export function addErrorDoor({ server, paths }: JobScope): void {
  paths.add('GET', '/error')
  server.get('/error', { exposeHeadRoute: false }, () => {
    throw Fault.refused('Generic error returned for testing purposes')
  })
  // Others answer there; what they do not know is refused as everywhere below these paths.
  for (const path of ['/health', '/version']) {
    paths.add('GET', path)
    paths.add('HEAD', path)
  }
}

type Said = { readonly status: number; readonly message: string; readonly opening: string }

function send(reply: FastifyReply, { status, message, opening }: Said, result: unknown): void {
  if (result === reply) return
  const isTold = result instanceof Told
  if (isTold && result.operation > 0n) tellOperation(reply, result.operation)
  const text = isTold ? result.textUnder(message) : `${opening}${JSON.stringify(result ?? null)}}`
  void reply.code(status).header('content-type', 'application/json').send(text)
}

/** What is no media type at all is one that says nothing, and no reason to leave the body unread. */
function nameMediaType({ headers }: FastifyRequest, _: FastifyReply, done: () => void): void {
  const type = headers['content-type']
  if (type !== undefined && !/^\s*[\w!#$&^.+-]+\/[\w!#$&^.+-]+/.test(type)) headers['content-type'] = 'text/plain'
  done()
}

/** A body that does not call itself JSON is read as text by whoever wants an object of it. */
function bodyOf({ headers }: FastifyRequest, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const type = headers['content-type']
  if (type !== undefined && !/^\s*application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(type)) return bytes.toString()
  return isUtf8(bytes) ? readJson(bytes.toString()) : new NoJson(faultOfUtf8(bytes), 'Invalid UTF-8')
}

function read<Value>(lax: Lax<Value> | undefined, given: unknown, part: string, issues: Issue[]): Value | undefined {
  if (!lax) return undefined
  const before = issues.length
  const value = lax.read(given, issues)
  for (let at = before; at < issues.length; at++) issues[at]?.loc.unshift(part)
  return value
}

function readBody<Value>(lax: Lax<Value>, given: unknown, issues: Issue[]): Value | undefined {
  if (given === undefined || given === null) {
    issues.push({ type: 'missing', loc: ['body'], msg: 'Field required' })
    return undefined
  }
  if (!(given instanceof NoJson)) return read(lax, given, 'body', issues)
  const { offset, error } = given
  issues.push({ type: 'json_invalid', loc: ['body', offset], msg: 'JSON decode error', ctx: { error } })
  return undefined
}

/** The envelope for whatever is refused; a bug is a bare 500, as everywhere. */
function sendFault(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Fault) return sendText(reply, error)
  const problem = asProblem(error)
  if (!problem || problem.type === 'internal-error') return onError(error, request, reply)
  if (problem.status >= 500 && problem.type !== 'overloaded') request.log.error({ err: error }, problem.title)
  tellRefusal(reply, problem)
  return sendText(reply, asFault(problem))
}

const sendText = (reply: FastifyReply, fault: Fault): FastifyReply =>
  reply.code(fault.status).header('content-type', 'application/json').send(faultText(fault))

/** As the API document lists it. */
function declared({ method, operation, id, summary, description, answer, status, faults = [] }: DeclaredDoor) {
  const changes = method !== 'GET'
  const usual = [422, 503, ...(operation === null ? [] : [401, 403]), ...(changes ? [409] : [])]
  return {
    operation,
    id,
    tag: 'jobs',
    summary,
    ...(description !== undefined && { description }),
    answers: { [status]: Envelope(answer ?? Type.Null()) },
    refusals: faultAnswers([...usual, ...faults]),
    ...(changes && { key: 'optional' as const }),
  }
}
type DeclaredDoor = Omit<JobDoor<unknown, unknown, unknown>, 'params' | 'query' | 'body'>
